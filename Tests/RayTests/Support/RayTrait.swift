import Ray
import Testing

/// Runs each test on the engine of this run.
struct RayTrait: TestTrait, SuiteTrait, TestScoping {
  var configuration: RayConfiguration
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await ConformanceEngine.current.run(configuration) { try await function() }
  }
}

/// Leaves the cluster after the last test of a suite.
struct LeavingCluster: SuiteTrait, TestScoping {
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await function()) } catch { outcome = .failure(error) }
    await ConformanceEngine.leaveCluster()
    try outcome.get()
  }
}

extension Trait where Self == LeavingCluster {
  static var leavingCluster: Self { LeavingCluster() }
}

extension Trait where Self == RayTrait {
  static func ray(
    cpus: Double = 2, gpus: Double? = nil, resources: [String: Double] = [:], environment: [String: String]? = nil,
    namespace: String? = nil
  ) -> Self {
    RayTrait(
      configuration: ConformanceEngine.current.configuration(
        cpus: cpus, gpus: gpus, resources: resources, environment: environment, namespace: namespace))
  }
}

extension Trait where Self == ConditionTrait {
  /// What a Ray cluster cannot show, and why; `docs/engines.md` says the same.
  static func embeddedOnly(_ reason: Comment) -> Self { .enabled(if: ConformanceEngine.current == .embedded, reason) }
}
