package import Synchronization

/// What a remote call needs and how it may be repeated. Nil means Ray's default.
///
/// Kept in one shared box: a remote function's defaults are one box for the life of the program, `.options(...)` makes a
/// changed copy, and the engine remembers its scheduling class in the box, so that a call compares nothing.
public struct TaskOptions: Sendable {
  package struct Values: Sendable {
    package var name: String?
    package var numCPUs: Double?
    package var numGPUs: Double?
    package var memory: Int?
    package var resources: [String: Double]?
    package var maxRetries: Int?
    package var retryExceptions: Bool?
    package var retryOn: [any Error.Type] = []
    package var schedulingStrategy: SchedulingStrategy?
    package var runtimeEnv: RuntimeEnv?
    package var streamWindow: Int?
  }

  package final class Storage: Sendable {
    package let values: Values
    /// The engine's scheduling class for one function with these options; kept for the life of the process.
    ///
    /// A process may use one engine after another: the embedded engine's addresses are even, those of a Ray cluster's engine have
    /// the lowest bit set, and each takes the other's for nothing.
    package let engineState = Atomic<UInt>(0)
    /// What calls of actors look at, where reading it copies nothing else: -2 = as the actor says.
    package let callRetries: Int32
    package let retriesThrown: Bool

    init(_ values: Values) {
      self.values = values
      callRetries = values.maxRetries.map { Int32(clamping: $0) } ?? -2
      retriesThrown = values.retryExceptions ?? false
    }
  }

  package private(set) var storage: Storage

  /// Options shared by everything that sets none.
  public static let standard = TaskOptions()

  public init(
    name: String? = nil, numCPUs: Double? = nil, numGPUs: Double? = nil, memory: Int? = nil,
    resources: [String: Double]? = nil, maxRetries: Int? = nil, retryExceptions: Bool? = nil, retryOn: [any Error.Type] = [],
    schedulingStrategy: SchedulingStrategy? = nil, runtimeEnv: RuntimeEnv? = nil, streamWindow: Int? = nil
  ) {
    storage = Storage(
      Values(
        name: name, numCPUs: numCPUs, numGPUs: numGPUs, memory: memory, resources: resources, maxRetries: maxRetries,
        retryExceptions: retryExceptions, retryOn: retryOn, schedulingStrategy: schedulingStrategy, runtimeEnv: runtimeEnv,
        streamWindow: streamWindow))
  }

  package var values: Values { storage.values }

  /// A copy with some values changed.
  package func with(_ change: (inout Values) -> Void) -> TaskOptions {
    var values = storage.values
    change(&values)
    var copy = self
    copy.storage = Storage(values)
    return copy
  }
}

/// What an actor needs, how long it lives and what happens when it dies. Nil means Ray's default.
public struct ActorOptions: Sendable {
  public var name: String?
  public var namespace: String?
  public var lifetime: ActorLifetime?
  public var numCPUs: Double?
  public var numGPUs: Double?
  public var memory: Int?
  public var resources: [String: Double]?
  public var maxRestarts: Int?
  public var maxTaskRetries: Int?
  public var maxConcurrency: Int?
  public var maxPendingCalls: Int?
  public var getIfExists: Bool?
  public var schedulingStrategy: SchedulingStrategy?
  public var runtimeEnv: RuntimeEnv?

  public init(
    name: String? = nil, namespace: String? = nil, lifetime: ActorLifetime? = nil, numCPUs: Double? = nil,
    numGPUs: Double? = nil, memory: Int? = nil, resources: [String: Double]? = nil, maxRestarts: Int? = nil,
    maxTaskRetries: Int? = nil, maxConcurrency: Int? = nil, maxPendingCalls: Int? = nil, getIfExists: Bool? = nil,
    schedulingStrategy: SchedulingStrategy? = nil, runtimeEnv: RuntimeEnv? = nil
  ) {
    self.name = name
    self.namespace = namespace
    self.lifetime = lifetime
    self.numCPUs = numCPUs
    self.numGPUs = numGPUs
    self.memory = memory
    self.resources = resources
    self.maxRestarts = maxRestarts
    self.maxTaskRetries = maxTaskRetries
    self.maxConcurrency = maxConcurrency
    self.maxPendingCalls = maxPendingCalls
    self.getIfExists = getIfExists
    self.schedulingStrategy = schedulingStrategy
    self.runtimeEnv = runtimeEnv
  }
}
