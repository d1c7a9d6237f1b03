internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport
internal import Synchronization

/// A long-lived task that runs calls one after another.
final class Runner: @unchecked Sendable {
  // Sendable: `call` and `task` are guarded by `lock`; the rest is touched on the loop's thread only.

  /// The runner whose call the current Swift task belongs to, inherited by child tasks.
  @TaskLocal static var current: Runner?

  @exclusivity(unchecked) var continuation: UnsafeContinuation<Void, Never>?
  /// What `ByteReader.context` points to while arguments are decoded.
  let source: UnsafeMutablePointer<DecodeSource> = .allocate(capacity: 1)
  private let lock = Lock()
  private let token = Atomic<UInt64>(0)
  @exclusivity(unchecked) private var call: ExecutionCall?
  @exclusivity(unchecked) private var wasCancelled = false
  /// Its own task as it sees it itself, from the first moment on.
  @exclusivity(unchecked) private var ownTask: UnsafeCurrentTask?
  /// The same, so that it lives as long as the runner.
  @exclusivity(unchecked) private var task: Task<Void, Never>?

  init() { source.initialize(to: DecodeSource()) }
  deinit { source.deallocate() }

  /// A cancelled task stays cancelled, so the runner ends after the call that was cancelled.
  var isSpoiled: Bool { wasCancelled }

  /// The first step of its task: a call that never suspends is cancelled through this.
  func enter() { withUnsafeCurrentTask { task in lock.withLock { ownTask = task } } }

  /// Known when the first part of the task has run already.
  func keep(_ task: Task<Void, Never>) { lock.withLock { self.task = task } }

  func resume() { continuation.take()?.resume() }

  @inline(__always)
  func begin(_ call: ExecutionCall, token callToken: UInt64) {
    source.pointee.call = call
    token.store(callToken, ordering: .relaxed)
    lock.lock()
    self.call = call
    call.keep(self)
    lock.unlock()
  }

  @inline(__always)
  func end() {
    source.pointee.call = nil
    token.store(0, ordering: .relaxed)
    lock.lock()
    call = nil
    lock.unlock()
  }

  /// Cancels the running call; a call that ended meanwhile is left alone. Safe from any thread.
  func cancel(_ target: ExecutionCall) {
    let task = lock.withLock { () -> UnsafeCurrentTask? in
      guard call === target else { return nil }
      wasCancelled = true
      return ownTask
    }
    // The task lives as long as this runner does, whether the call has ended meanwhile or not.
    task?.cancel()
  }

  /// The running call's number for the tasks it submits; 0 in the driver and between calls.
  static var currentToken: UInt64 { current?.token.load(ordering: .relaxed) ?? 0 }

  var currentCall: ExecutionCall? { lock.withLock { call } }
}
