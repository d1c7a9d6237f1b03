import Ray
import RayTesting
import Testing

/// Runs each test inside an engine of its own and proves that nothing is left after it.
struct RayTrait: TestTrait, SuiteTrait, TestScoping {
  var configuration: RayConfiguration
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withRay(configuration) { try await function() }
  }
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
