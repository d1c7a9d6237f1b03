internal import RayOwnership

/// A suspended Swift task that waits for objects. Every field is guarded by the core worker's lock but for the
/// continuation, which is resumed exactly once by whoever finishes the waiter.
final class ContinuationWaiter: ObjectWaiter, @unchecked Sendable {
  // Sendable: see above.
  var continuation: UnsafeContinuation<Void, Never>?
  var isCancelled = false
  var isTimedOut = false

  /// Resumption only queues a job on the waiting task's executor, so any thread may call this.
  override func wake() { continuation.take()?.resume() }
}

/// A callback that waits for one object.
final class CallbackWaiter: ObjectWaiter {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    super.init()
  }

  override func wake() { body() }
}
