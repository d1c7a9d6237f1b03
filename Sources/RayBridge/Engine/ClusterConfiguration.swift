package import RayEngine
internal import RayProtocol

/// How to join or start a Ray cluster.
package struct ClusterConfiguration: Sendable {
  /// "auto", "host:port", or nil to start a node of one's own.
  package var address: String?
  package var namespace: String?
  package var cpus: Double?
  package var gpus: Double?
  package var resources: [String: Double]
  package var objectStoreByteCount: Int?
  package var runtimeEnv: RuntimeEnv?
  package var logsToDriver: Bool

  package init(
    address: String?, namespace: String?, cpus: Double?, gpus: Double?, resources: [String: Double], objectStoreByteCount: Int?,
    runtimeEnv: RuntimeEnv?, logsToDriver: Bool
  ) {
    self.address = address
    self.namespace = namespace
    self.cpus = cpus
    self.gpus = gpus
    self.resources = resources
    self.objectStoreByteCount = objectStoreByteCount
    self.runtimeEnv = runtimeEnv
    self.logsToDriver = logsToDriver
  }

  private func checkAmounts() throws {
    let amounts = resources.merging(["CPU": cpus ?? 0, "GPU": gpus ?? 0]) { own, _ in own }
    for (name, amount) in amounts where !(amount >= 0 && amount < 1e9 && amount == amount.rounded()) {
      throw RayError(.invalidArgument, "a Ray node has whole numbers of its resources, not \(amount) of '\(name)'")
    }
  }

  /// The keywords of `ray.init`.
  func options(_ environment: [String: OptionValue]) throws -> [String: OptionValue] {
    var options: [String: OptionValue] = [
      "log_to_driver": .bool(logsToDriver), "runtime_env": .map(environment),
      "logging_level": .string("warning"), "configure_logging": .bool(true),
    ]
    if let namespace { options["namespace"] = .string(namespace) }
    if let address {
      guard cpus == nil, gpus == nil, resources.isEmpty, objectStoreByteCount == nil else {
        throw RayError(
          .invalidArgument,
          "CPUs, GPUs, resources and store size are the cluster's own; leave them out when connecting to '\(address)'")
      }
      options["address"] = .string(address)
      return options
    }
    try checkAmounts()
    options["address"] = .string("local")
    options["include_dashboard"] = .bool(false)
    if let cpus { options["num_cpus"] = .int(Int(cpus)) }
    if let gpus { options["num_gpus"] = .int(Int(gpus)) }
    if !resources.isEmpty { options["resources"] = .map(resources.mapValues { .double($0) }) }
    if let objectStoreByteCount { options["object_store_memory"] = .int(objectStoreByteCount) }
    return options
  }
}
