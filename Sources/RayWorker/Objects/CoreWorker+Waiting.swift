internal import RayOwnership
internal import RayProtocol
internal import RayTransport

extension CoreWorker {
  /// Suspends until the object is ready. Throws `CancellationError` when the waiting task is cancelled.
  func whenReady(_ id: ObjectID) async throws {
    let waiter = ContinuationWaiter()
    try await suspend(waiter, ids: { [id] }) { machine in machine.wait(waiter, for: id) }
  }

  /// Suspends until `count` objects are ready; returns early when the time is over.
  func whenReady(_ ids: [ObjectID], count: Int, timeout: Duration?) async throws {
    let waiter = ContinuationWaiter()
    var timer: TimerID?
    if let timeout {
      timer = loop.schedule(after: timeout) { [self] in
        abandon(waiter, ids) { $0.isTimedOut = true }
      }
    }
    defer { if let timer { loop.cancel(timer) } }
    try await suspend(waiter, ids: { ids }) { machine in
      guard !waiter.isTimedOut else { return false }
      return count >= ids.count ? machine.wait(waiter, forAll: ids) : machine.wait(waiter, for: count, of: ids)
    }
  }

  /// Suspends when `register` says that there is something to wait for; cancellation takes the waiter out again.
  func suspend(
    _ waiter: ContinuationWaiter, ids: @escaping @Sendable () -> [ObjectID], _ register: (CoreMachine) -> Bool
  ) async throws {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let waits = withMachine { machine in
          guard !waiter.isCancelled, register(machine) else { return false }
          waiter.continuation = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      abandon(waiter, ids()) { $0.isCancelled = true }
    }
    if waiter.isCancelled { throw CancellationError() }
  }

  /// Takes a waiter out of the lists and lets its task go on, unless it was woken already.
  private func abandon(_ waiter: ContinuationWaiter, _ ids: [ObjectID], _ note: (ContinuationWaiter) -> Void) {
    let continuation = withMachine { machine -> UnsafeContinuation<Void, Never>? in
      guard !waiter.isFinished else { return nil }
      note(waiter)
      guard let continuation = waiter.continuation.take() else { return nil }
      machine.abandon(waiter, ids: ids)
      return continuation
    }
    continuation?.resume()
  }
}
