import Ray

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `test-app <what> [arguments]`: prints one line per answer.
public struct App: RayApp {
  public static var configuration: RayConfiguration {
    switch CommandLine.arguments.dropFirst().first {
    case "sized", "native": .init(numCPUs: 2)
    case "configured":
      .init(
        namespace: "garden", numCPUs: 3, resources: ["shed": 2],
        runtimeEnv: RuntimeEnv(environment: ["SWIFTRAY_TEST_WORD": "fern"]))
    default: .init()
    }
  }

  public static func main(_ ray: RayContext) async throws {
    switch ray.arguments.first ?? "squares" {
    case "squares": print(try await Ray.get((1...4).map { try $square.remote($0) }))
    case "lanes": try await lanes()
    case "native": try await native()
    case "callers":
      let (caller, callee) = try await $laneOfCaller.remote().value
      print("plain \(try await $lane.remote().value), caller \(caller), its callee \(callee)")
    case "nodes": try await nodes()
    case "python": try await python()
    case "prints":
      print("from the driver:", try await $shout.remote(41).value)
      // Ray's log monitor looks at the workers' files every 100 ms or so.
      try await Task.sleep(for: .seconds(2))
    case "soak": try await Soak.run(calls: Int(ray.arguments.dropFirst().first ?? "") ?? 20_000)
    case "configured": try await configured()
    case "strategies": try await strategies()
    case "huge": try await huge(Int(ray.arguments[1])!)
    case "untried": try await untried()
    case "memory": try await memory()
    case "chains": try await Chains.run()
    case "cancellations": try await Cancellations.run(Int(ray.arguments.dropFirst().first ?? "") ?? 12)
    case "detours": try await Detours.run()
    case "hidden": try await Detours.hidden()
    case "unknown-function": _ = try await Ray.function(named: "noSuchFunction").remote(returning: Int.self).value
    case "endless":
      print("started")
      fflush(nil)
      try await Task.sleep(for: .seconds(3600))
    case "fail": throw Refusal(reason: "asked to")
    case "exit": exit(Int32(ray.arguments.dropFirst().first ?? "0") ?? 0)
    case let other: print("unknown: \(other)")
    }
  }

  /// Where calls of several kinds run.
  private static func lanes() async throws {
    print("task", try await $lane.remote().value)
    let counter = try Counter.remote(0)
    print("actor", try await counter.lane.remote().value)
    print("retried", try await $lane.options(retryExceptions: true).remote().value)
    let later = try $sleep.remote(milliseconds: 300)
    print("pending", try await $add.remote(later, to: 1).value)
  }

  /// Python code that uses an actor of native workers.
  private static func python() async throws {
    let counter = try Counter.options(name: "till").remote(5)
    print("lives", try await counter.lane.remote().value)
    let use = Python.function(
      source: """
        def use(handle, number):
            import ray
            return ray.get([handle.add.remote(ray.put(number)), ray.get_actor("till").add.remote(1)])
        """)
    let refused = Python.function(
      source: """
        def refused(handle):
            import ray, swiftray
            try:
                return ray.get(handle.refuse.remote("no"))
            except swiftray.swift_error("TestApp.Refusal") as error:
                return [error.type_name, str(error).splitlines()[-1]]
        """)
    print("refused", try await refused.remote(counter, returning: [String].self).value)
    print("sums", try await use.remote(counter, 10, returning: [Int].self).value)
  }

  /// What the configuration says is what the node and the workers have.
  private static func configured() async throws {
    let word = try await $variable.remote("SWIFTRAY_TEST_WORD").value
    let total = try await Ray.clusterResources()
    let namespace = try await $whereabouts.remote().value[3]
    print("configured: \(word) \(total["CPU"] ?? 0) \(total["shed"] ?? 0) \(namespace)")
  }

  /// Calls on nodes that are named, on nodes that are not there, and wherever there is room.
  private static func strategies() async throws {
    let nodes = try await Ray.nodes()
    var isThere: [Bool] = []
    for node in nodes {
      let call = $whereabouts.options(schedulingStrategy: .node(node.id, soft: false))
      isThere.append(try await call.remote().value[0] == "\(node.id)")
    }
    let spread = $whereabouts.options(schedulingStrategy: .spread)
    let places = Set(try await Ray.get((0..<20).map { _ in try spread.remote() }).map { $0[0] })
    print("strategies: \(nodes.count) \(isThere) \(places.count)")
  }

  /// A value of so many bytes from the driver to a worker and back.
  private static func huge(_ byteCount: Int) async throws {
    let bytes = [UInt8](repeating: 7, count: byteCount)
    let ref = try Ray.put(bytes)
    let there = try await $ends.remote(ref).value
    let back = try await $same.remote(ref)
    let (count, last) = try await back.withSpan { ($0.count, $0[$0.count - 1]) }
    print("huge: \(there) \(count) \(last)")
  }

  /// The node thinks that its memory is used up.
  private static func memory() async throws {
    do { _ = try await $sleep.options(maxRetries: 0).remote(milliseconds: 600_000).value } catch let error as RayError {
      print("memory", error.code)
    }
  }

  /// A bit of everything.
  private static func untried() async throws {
    let square = try await $square.remote(try Ray.put(7)).value
    let lane = try await $lane.remote().value
    var five = 0
    for _ in 0..<20 { five = try await $unwrap.remote(try await $wrapped.remote().value).value }
    let counter = try Counter.remote(0)
    let sums = try await Ray.get([try counter.add.remote(1), try counter.add.remote(1)])
    let parts = try $pair.split(3)
    var counted = 0
    for try await number in try $countdown.remote(from: 10).values { counted += number }
    let caught = try await $nestedRefusal.remote().value
    print("untried: \(square) \(lane) \(five) \(sums) \(try await parts.1.value) \(counted) \(caught)")
  }

  private static func native() async throws {
    print("fibonacci", try await $fibonacci.remote(5).value)
    print("nestedRefusal", try await $nestedRefusal.remote().value)
    print("nestedPut", try await $nestedPut.remote(300_000).value)
    print("nestedActor", try await $nestedActor.remote().value)
    let till = try Counter.options(name: "till").remote(5)
    print("namedActors", try await $namedActors.remote().value, try await till.add.remote(1).value)
    let mine = try Counter.options(name: "mine").remote(20)
    _ = try await mine.add.remote(1).value
    print("surroundings", try await $surroundings.remote().value)
    print("detachedGet", try await $detachedGet.remote().value)
    print("impatient", try await $impatient.remote().value)
    do { print("refuse", try await $refuse.remote("no").value) } catch let refusal as Refusal { print("refuse", refusal.reason) }
    print("hiddenReference", try await $hiddenReference.remote().value.ref.value)
    do { _ = try await $buriedReference.remote().value } catch let error as RayError { print("buriedReference", error.code) }
    let scale = try Scale.remote()
    let heavy = try Ray.put([Double](repeating: 0.5, count: 200_000))
    let samples = try Ray.put(Samples(name: "a", values: [Double](repeating: 2, count: 200_000)))
    print(
      "scale", try await scale.lane.remote().value, try await scale.weigh.remote($halves.remote(100)).value,
      try await scale.weigh.remote(heavy).value, try await scale.weigh.remote(scale.double.remote(heavy)).value,
      try await scale.weighNamed.remote(samples).value)
    let foreman = try Foreman.options(maxConcurrency: 4).remote()
    print("foreman", try await foreman.lane.remote().value, try await foreman.delegate.remote().value)
    let refused = try Counter.remote(-1)
    do { print("init", try await refused.add.remote(1).value) } catch let error as RayError {
      print("init", error.code, "\(error)".contains("negative start"))
    }
    let lost = try $crash.options(maxRetries: 0).remote()
    do { print("lost", try await $add.remote(lost, to: 1).value) } catch let error as RayError { print("lost", error.code) }
    let counter = try Counter.remote(5)
    do { print("lost to actor", try await counter.add.remote(lost).value) } catch let error as RayError {
      print("lost to actor", error.code)
    }
    print("actor lives", try await counter.add.remote(1).value)
    print("context", try await $whereabouts.remote().value[2])
  }

  private static func nodes() async throws {
    for resource in ["a", "b"] {
      let pinned = $whereabouts.options(resources: [resource: 1])
      print(resource, try await pinned.remote().value[0])
    }
  }
}

/// Where `swiftray run` enters the library.
@_cdecl("swiftray_app_main")
public func start() { App.main() }
