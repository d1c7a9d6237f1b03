public import RayEngine

/// A type whose instances live in worker processes; conformances come from `@RemoteActor`.
public protocol RayActor: AnyObject {
  associatedtype Methods: ActorMethods
  associatedtype Creator: ActorCreator
  static var __entry: ActorEntry { get }
}

/// The remote methods of one actor class.
public protocol ActorMethods: Sendable {
  init(__core: ActorCore)
}

/// Creates actors of one class with certain options.
public protocol ActorCreator: Sendable {
  init(options: ActorOptions)
}

extension RayActor {
  /// Creates actors with other options than declared: `Counter.options(name: "total").remote(from: 0)`.
  public static func options(
    name: String? = nil, namespace: String? = nil, lifetime: ActorLifetime? = nil, numCPUs: Double? = nil,
    numGPUs: Double? = nil, memory: Int? = nil, resources: [String: Double]? = nil, maxRestarts: Int? = nil,
    maxTaskRetries: Int? = nil, maxConcurrency: Int? = nil, maxPendingCalls: Int? = nil, getIfExists: Bool? = nil,
    schedulingStrategy: SchedulingStrategy? = nil, runtimeEnv: RuntimeEnv? = nil
  ) -> Creator {
    var options = __entry.options
    options.name = name ?? options.name
    options.namespace = namespace ?? options.namespace
    options.lifetime = lifetime ?? options.lifetime
    options.numCPUs = numCPUs ?? options.numCPUs
    options.numGPUs = numGPUs ?? options.numGPUs
    options.memory = memory ?? options.memory
    options.resources = resources ?? options.resources
    options.maxRestarts = maxRestarts ?? options.maxRestarts
    options.maxTaskRetries = maxTaskRetries ?? options.maxTaskRetries
    options.maxConcurrency = maxConcurrency ?? options.maxConcurrency
    options.maxPendingCalls = maxPendingCalls ?? options.maxPendingCalls
    options.getIfExists = getIfExists ?? options.getIfExists
    options.schedulingStrategy = schedulingStrategy ?? options.schedulingStrategy
    options.runtimeEnv = runtimeEnv ?? options.runtimeEnv
    return Creator(options: options)
  }
}
