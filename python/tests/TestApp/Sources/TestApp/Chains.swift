import Ray

/// The node's number, as Python code writes it, too.
private func place() -> String { String(Ray.context.nodeID.rawValue, radix: 16) }

/// One more stop of a journey through languages and nodes.
@Remote public func hop(_ journey: [String]) -> [String] { journey + ["swift@\(place())"] }

@RemoteActor public final class Traveller {
  private var stops = 0
  public init() {}
  public func hop(_ journey: [String]) -> [String] {
    stops += 1
    return journey + ["swift@\(place())"]
  }
}

/// Journeys of seven stops, each on the other node than the one before; see `test_jobs.py`.
enum Chains {
  private static let pythonHop = """
    def hop(journey):
        import ray
        return journey + ["python@" + "%x" % int(ray.get_runtime_context().get_node_id()[:16], 16)]
    """
  private static let pythonTraveller = """
    class Traveller:
        def hop(self, journey):
            import ray
            return journey + ["python@" + "%x" % int(ray.get_runtime_context().get_node_id()[:16], 16)]
    """
  /// Python code that calls Swift, which is then on the other node.
  private static let pythonCaller = """
    def call(journey, place):
        import ray, swiftray
        there = swiftray.swift_task("hop", resources={place: 1})
        return ray.get(there.remote(journey + ["python@" + "%x" % int(ray.get_runtime_context().get_node_id()[:16], 16)]))
    """

  static func run() async throws {
    let places = (0..<7).map { $0 % 2 == 0 ? "a" : "b" }
    report("swift", try await tasks(places) { _ in true })
    report("python", try await tasks(places) { _ in false })
    report("tasks", try await tasks(places) { $0 % 2 == 0 })
    report("actors", try await actors(places) { $0 % 2 == 0 })
    report("swift actors", try await actors(places) { _ in true })
    let start = try $hop.options(resources: ["a": 1]).remote([])
    let call = Python.function(source: pythonCaller).options(resources: ["b": 1])
    report("nested", try await call.remote(start, "a", returning: [String].self).value)
  }

  private static func tasks(_ places: [String], isSwift: (Int) -> Bool) async throws -> [String] {
    var journey = try Ray.put([String]())
    for (number, place) in places.enumerated() {
      journey =
        isSwift(number)
        ? try $hop.options(resources: [place: 1]).remote(journey)
        : try Python.function(source: pythonHop).options(resources: [place: 1]).remote(journey, returning: [String].self)
    }
    return try await journey.value
  }

  private static func actors(_ places: [String], isSwift: (Int) -> Bool) async throws -> [String] {
    var journey = try Ray.put([String]())
    for (number, place) in places.enumerated() {
      journey =
        isSwift(number)
        ? try Traveller.options(resources: [place: 1]).remote().hop.remote(journey)
        : try Python.actorClass(source: pythonTraveller).with { $0.resources = [place: 1] }.remote()
          .call("hop", journey, returning: [String].self)
    }
    return try await journey.value
  }

  private static func report(_ name: String, _ journey: [String]) {
    let nodes = Set(journey.map { $0.drop { $0 != "@" } })
    print("chain \(name): \(journey.map { String($0.prefix { $0 != "@" }) }.joined(separator: " ")), nodes \(nodes.count)")
  }
}
