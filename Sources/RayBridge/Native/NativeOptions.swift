package import RayEngine

/// Which options of a call that is made *in* a native worker Ray's C++ interface would drop. A call that asks for one of them is
/// refused there, and so made in a Python worker.
package enum NativeOptions {
  package static func missing(for options: TaskOptions.Values) -> String? {
    // Ray's C++ interface allows one retry, whatever is asked for.
    if let retries = options.maxRetries, retries != 1 { return "maxRetries: \(retries)" }
    if options.numGPUs ?? 0 > 0 { return "GPUs, which the callee could not lend" }
    return retries(options) ?? placement(options.schedulingStrategy, options.runtimeEnv)
  }

  package static func missing(forCallOf actor: ActorCore, _ options: TaskOptions.Values) -> String? {
    let repeats = options.maxRetries ?? Int(actor.maxTaskRetries)
    if repeats != 0 { return "retries after the death of \(actor.className)" }
    if actor.maxPendingCalls > 0 { return "a bounded queue of calls (maxPendingCalls)" }
    return retries(options)
  }

  package static func missing(for options: ActorOptions, isConcurrent: Bool) -> String? {
    if options.lifetime == .detached { return "a detached life" }
    if options.maxTaskRetries ?? 0 != 0 { return "retried calls" }
    if options.maxPendingCalls ?? -1 > 0 { return "a bounded queue of calls (maxPendingCalls)" }
    if options.getIfExists == true { return "getIfExists" }
    // A native worker has a thread for each call, and code that interleaves is made for one.
    if isConcurrent, options.maxConcurrency != 1 { return "methods that interleave" }
    return placement(options.schedulingStrategy, options.runtimeEnv)
  }

  private static func retries(_ options: TaskOptions.Values) -> String? {
    options.retryExceptions == true || !options.retryOn.isEmpty ? "retries after errors" : nil
  }

  private static func placement(_ strategy: SchedulingStrategy?, _ environment: RuntimeEnv?) -> String? {
    if let strategy, strategy != .automatic { return "a scheduling strategy" }
    return environment == nil ? nil : "a runtime environment of its own"
  }
}
