public import RayEngine

/// What `@Remote` makes of a function: `remote(…)` with the function's own parameters, and `options(…)`.
public protocol RemoteFunction: Sendable {
  var options: TaskOptions { get set }
}

extension RemoteFunction {
  /// The same function with other options; what is nil stays as declared.
  public func options(
    name: String? = nil, numCPUs: Double? = nil, numGPUs: Double? = nil, memory: Int? = nil,
    resources: [String: Double]? = nil, maxRetries: Int? = nil, retryExceptions: Bool? = nil,
    retryOn: [any Error.Type]? = nil, schedulingStrategy: SchedulingStrategy? = nil, runtimeEnv: RuntimeEnv? = nil,
    streamWindow: Int? = nil
  ) -> Self {
    var copy = self
    copy.options = options.with {
      $0.name = name ?? $0.name
      $0.numCPUs = numCPUs ?? $0.numCPUs
      $0.numGPUs = numGPUs ?? $0.numGPUs
      $0.memory = memory ?? $0.memory
      $0.resources = resources ?? $0.resources
      $0.maxRetries = maxRetries ?? $0.maxRetries
      $0.retryExceptions = retryExceptions ?? $0.retryExceptions
      $0.retryOn = retryOn ?? $0.retryOn
      $0.schedulingStrategy = schedulingStrategy ?? $0.schedulingStrategy
      $0.runtimeEnv = runtimeEnv ?? $0.runtimeEnv
      $0.streamWindow = streamWindow ?? $0.streamWindow
    }
    return copy
  }
}

/// What `@RemoteActor` makes of a method.
public protocol ActorMethod: Sendable {
  var options: TaskOptions { get set }
}

extension ActorMethod {
  /// The same method with other options.
  ///
  /// - Parameters:
  ///   - name: What the runtime context of the call says.
  ///   - maxRetries: How often the call is repeated when the actor's process dies under it.
  ///   - retryExceptions: Also repeat it when the method throws.
  ///   - streamWindow: How many elements a stream's callee may be ahead of its consumer, 1,024 by default.
  public func options(
    name: String? = nil, maxRetries: Int? = nil, retryExceptions: Bool? = nil, streamWindow: Int? = nil
  ) -> Self {
    var copy = self
    copy.options = options.with {
      $0.name = name ?? $0.name
      $0.maxRetries = maxRetries ?? $0.maxRetries
      $0.retryExceptions = retryExceptions ?? $0.retryExceptions
      $0.streamWindow = streamWindow ?? $0.streamWindow
    }
    return copy
  }
}
