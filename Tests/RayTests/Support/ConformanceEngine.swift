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
      address: self == .ray ? "ray:local" : "local", namespace: namespace, numCPUs: cpus, numGPUs: gpus, resources: resources,
      objectStoreMemory: 256 << 20, runtimeEnv: environment.map { RuntimeEnv(environment: $0) },
      logToDriver: self == .embedded)
  }

  /// Runs a test: inside an engine of its own that leaves nothing behind, or inside a cluster that the tests before it have used.
  func run(_ configuration: RayConfiguration, _ body: @Sendable () async throws -> Void) async throws {
    switch self {
    case .embedded: try await withRay(configuration) { try await body() }
    case .ray: try await SharedCluster.shared.run(configuration, body)
    }
  }
}

/// An engine of the calling test's own.
func withOwnEngine<Result: Sendable>(
  _ configuration: RayConfiguration, _ body: () async throws -> Result
) async throws -> Result {
  await SharedCluster.shared.end()
  return try await withRay(configuration, body)
}

/// The Ray cluster that tests with one configuration use one after another.
private actor SharedCluster {
  static let shared = SharedCluster()
  private var configuration: RayConfiguration?

  func run(_ wanted: RayConfiguration, _ body: @Sendable () async throws -> Void) async throws {
    if configuration != wanted || !Ray.isInitialized {
      await Ray.shutdown()
      // Starting a worker takes Ray a second, and it ends idle ones beyond the number of CPUs: nested calls would pay each time.
      setEnvironmentVariable("RAY_num_workers_soft_limit", "16")
      try await Ray.initialize(wanted)
      configuration = wanted
    }
    try await body()
  }

  /// Makes way for an engine that a test starts itself.
  func end() async {
    guard configuration != nil else { return }
    configuration = nil
    await Ray.shutdown()
  }
}
