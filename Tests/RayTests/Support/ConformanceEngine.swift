import Ray

/// The engines this suite runs against. A test that one of them cannot pass says so with `.enabled(if:)`.
enum ConformanceEngine: String, CaseIterable {
  case embedded

  /// The engine of this run.
  static let current = ConformanceEngine.embedded

  func configuration(
    cpus: Double, gpus: Double? = nil, resources: [String: Double] = [:], environment: [String: String]? = nil,
    namespace: String? = nil
  ) -> RayConfiguration {
    switch self {
    case .embedded:
      RayConfiguration(
        namespace: namespace, numCPUs: cpus, numGPUs: gpus, resources: resources, objectStoreMemory: 256 << 20,
        runtimeEnv: environment.map { RuntimeEnv(environment: $0) }, logToDriver: true)
    }
  }
}
