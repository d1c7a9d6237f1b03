import Ray
import RayTesting

/// The engines this suite runs against. A test that one of them cannot pass says so with `.embeddedOnly(_:)`.
///
/// `RAY_CONFORMANCE_ENGINE=ray` chooses a Ray cluster for the whole run: a process has one engine at a time, and starting Ray takes
/// seconds. `docs/engines.md` lists what does not hold there.
enum ConformanceEngine: String, CaseIterable {
  case embedded, ray

  /// The engine of this run.
  static let current =
    environmentVariable("RAY_CONFORMANCE_ENGINE").map { ConformanceEngine(rawValue: $0) ?? .embedded } ?? .embedded

  func configuration(
    cpus: Double, gpus: Double? = nil, resources: [String: Double] = [:], environment: [String: String]? = nil,
    namespace: String? = nil
  ) -> RayConfiguration {
    RayConfiguration(
      namespace: namespace, numCPUs: cpus, numGPUs: gpus, resources: resources, objectStoreMemory: 256 << 20,
      runtimeEnv: environment.map { RuntimeEnv(environment: $0) }, logToDriver: self == .embedded)
  }

  /// Runs a test: inside an engine of its own that leaves nothing behind, or as a job that the tests before it have used.
  func run(_ configuration: RayConfiguration, _ body: @Sendable () async throws -> Void) async throws {
    switch self {
    case .embedded: try await withRay(configuration) { try await body() }
    case .ray: try await SharedCluster.shared.run(configuration, body)
    }
  }

  static func leaveCluster() async { await SharedCluster.shared.end() }

  /// How to join what has these resources: on Ray they are a node's, which is started when the first test wants it.
  func resolved(_ configuration: RayConfiguration) async throws -> RayConfiguration {
    switch self {
    case .embedded: configuration
    case .ray: try await SharedCluster.shared.resolved(configuration)
    }
  }
}

/// An engine of the calling test's own.
func withOwnEngine<Result: Sendable>(
  _ configuration: RayConfiguration, _ body: () async throws -> Result
) async throws -> Result {
  await SharedCluster.shared.end()
  return try await withRay(try await ConformanceEngine.current.resolved(configuration), body)
}

/// The Ray nodes of this run, and the connection that tests with one configuration use one after another.
private actor SharedCluster {
  static let shared = SharedCluster()
  private var configuration: RayConfiguration?
  #if os(Linux)
    private var nodes: [RayNode.Shape: RayNode] = [:]
  #endif

  func run(_ wanted: RayConfiguration, _ body: @Sendable () async throws -> Void) async throws {
    let wanted = try resolved(wanted)
    if configuration != wanted || !Ray.isInitialized {
      await Ray.shutdown()
      try await Ray.initialize(wanted)
      configuration = wanted
      try await everythingIsFree()
    }
    try await body()
  }

  /// What the job before has used comes back when its processes have ended.
  private func everythingIsFree() async throws {
    let all = try await Ray.clusterResources()
    while try await Ray.availableResources()["CPU"] != all["CPU"] { await Task.yield() }
  }

  func resolved(_ wanted: RayConfiguration) throws -> RayConfiguration {
    #if os(Linux)
      let node = try node(shape(wanted))
      return RayConfiguration(
        address: node.address, namespace: wanted.namespace, runtimeEnv: wanted.runtimeEnv, logToDriver: wanted.logToDriver)
    #else
      return wanted
    #endif
  }

  #if os(Linux)
    /// A node of the common shape has whatever a test asks for, unless the test shows what happens with few CPUs.
    private func shape(_ wanted: RayConfiguration) -> RayNode.Shape {
      let cpus = Int(wanted.numCPUs ?? 2)
      return cpus == 1 ? RayNode.Shape(cpus: 1, gpus: 0, resources: [:]) : .common
    }

    private func node(_ shape: RayNode.Shape) throws -> RayNode {
      if let known = nodes[shape] { return known }
      let node = try RayNode(shape)
      nodes[shape] = node
      return node
    }
  #endif

  /// Makes way for an engine that a test starts itself.
  func end() async {
    guard configuration != nil else { return }
    configuration = nil
    await Ray.shutdown()
  }
}
