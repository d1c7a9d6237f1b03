public import RayEngine

/// How to start Ray. The defaults use the whole machine and need nothing.
public struct RayConfiguration: Sendable, Hashable {
  /// Which engine, and where: "local" for the embedded engine, "auto" or "host:port" for a Ray cluster, "ray:local" for a Ray node of
  /// this program's own. Nil asks the environment variable `RAY_ADDRESS`, and means "local" where that is not set.
  public var address: String?
  /// Where actors' names are looked up; by default one of this program's own.
  public var namespace: String?
  /// CPUs to offer; by default what the process may use.
  public var numCPUs: Double?
  /// GPUs to offer; by default what is there, `CUDA_VISIBLE_DEVICES` respected.
  public var numGPUs: Double?
  /// Custom resources to offer, in units.
  public var resources: [String: Double]
  /// Size of the object store in bytes; by default 30 % of the memory the process may use.
  public var objectStoreMemory: Int?
  /// How long calls and actors that ask for resources which nobody has wait before they fail with `infeasible`; zero: not at all.
  ///
  /// A Ray cluster lets them wait for as long as it takes, because a node that has them may join.
  public var infeasibleTimeout: Duration
  /// What every task and actor finds around it.
  public var runtimeEnv: RuntimeEnv?
  /// Whether what workers print appears on this program's terminal.
  public var logToDriver: Bool

  public init(
    address: String? = nil, namespace: String? = nil, numCPUs: Double? = nil, numGPUs: Double? = nil,
    resources: [String: Double] = [:], objectStoreMemory: Int? = nil, infeasibleTimeout: Duration = .zero,
    runtimeEnv: RuntimeEnv? = nil, logToDriver: Bool = true
  ) {
    self.address = address
    self.namespace = namespace
    self.numCPUs = numCPUs
    self.numGPUs = numGPUs
    self.resources = resources
    self.objectStoreMemory = objectStoreMemory
    self.infeasibleTimeout = infeasibleTimeout
    self.runtimeEnv = runtimeEnv
    self.logToDriver = logToDriver
  }
}
