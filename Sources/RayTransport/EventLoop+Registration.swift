internal import CRayShims
internal import Synchronization

/// Everything here is safe from any thread.
extension EventLoop {
  /// Starts polling a connection; the delegate hears of it until its `didClose`.
  package func add(_ connection: Connection) throws(TransportError) {
    let token = try register(.connection(connection))
    guard connection.attach(to: self, token: token) else {
      throw TransportError(code: .closed, message: "the connection ended while it was added to an event loop")
    }
    let result = cray_poller_add(poller.raw, connection.descriptor, UInt32(CRAY_READABLE), token)
    if result < 0 {
      lock.withLock { _ = shared.pointee.sources.remove(token) }
      connection.detach()
      throw System.error(-result, "cannot poll descriptor \(connection.descriptor)")
    }
    connection.markDirtyIfNeeded()
  }

  /// Refuses from the moment on when `shutdown` collects what to close.
  private func register(_ source: SourceTable.Source) throws(TransportError) -> UInt64 {
    lock.lock()
    defer { lock.unlock() }
    if isStopping.load(ordering: .acquiring) { throw TransportError(code: .closed, message: "the event loop is shut down") }
    return shared.pointee.sources.add(source)
  }

  /// Names one watched descriptor.
  package struct WatchID: Sendable, Hashable {
    let token: UInt64
  }

  /// Calls `onReadable` (like a delegate callback) as long as a descriptor is readable, for listening sockets and pidfds.
  ///
  /// The descriptor stays the caller's; ``unwatch(_:)`` before closing it.
  package func watch(_ descriptor: Int32, onReadable: @escaping @Sendable () -> Void) throws(TransportError) -> WatchID {
    let token = try register(.watch(descriptor: descriptor, onReadable: onReadable))
    let result = cray_poller_add(poller.raw, descriptor, UInt32(CRAY_READABLE), token)
    if result < 0 {
      lock.withLock { _ = shared.pointee.sources.remove(token) }
      throw System.error(-result, "cannot watch descriptor \(descriptor)")
    }
    return WatchID(token: token)
  }

  /// Ends a watch; a call that is already under way on another thread may still complete.
  package func unwatch(_ id: WatchID) {
    let source = lock.withLock { shared.pointee.sources.remove(id.token) }
    if case .watch(let descriptor, _)? = source { _ = cray_poller_remove(poller.raw, descriptor) }
  }

  /// Calls `action` once, like a delegate callback, when the time has passed.
  @discardableResult
  package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> TimerID {
    let deadline = System.now &+ delay.clampedNanoseconds
    lock.lock()
    let id = shared.pointee.timers.schedule(at: deadline, action)
    let isEarlier = shared.pointee.timers.nextDeadline == deadline
    nextDeadline.store(shared.pointee.timers.nextDeadline, ordering: .sequentiallyConsistent)
    // Whoever polls sleeps until the deadline it knew.
    if isEarlier { wakePollerAndUnlock() } else { lock.unlock() }
    return id
  }

  /// Returns whether the action was still waiting; false means that it ran, runs, or was cancelled before.
  @discardableResult
  package func cancel(_ timer: TimerID) -> Bool {
    lock.withLock {
      let wasWaiting = shared.pointee.timers.cancel(timer)
      nextDeadline.store(shared.pointee.timers.nextDeadline, ordering: .sequentiallyConsistent)
      return wasWaiting
    }
  }

  /// Puts a connection on the list of those to flush before the next wait.
  func markDirty(_ connection: Connection) {
    lock.lock()
    shared.pointee.dirty.append(connection)
    dirtyCount.store(shared.pointee.dirty.count, ordering: .sequentiallyConsistent)
    wakePollerAndUnlock()
  }

  /// Asks the poller to report when a connection's socket takes bytes again, or not to.
  func watch(_ connection: Connection, token: UInt64, forWriting: Bool) {
    let events = forWriting ? UInt32(CRAY_READABLE | CRAY_WRITABLE) : UInt32(CRAY_READABLE)
    _ = cray_poller_modify(poller.raw, connection.descriptor, events, token)
  }
}

extension Connection {
  /// False when the connection ended already, which `shutdown` may do between two steps of `add`.
  func attach(to loop: EventLoop, token: UInt64) -> Bool {
    outboundLock.withLock {
      guard !sending.pointee.isDescriptorClosed else { return false }
      precondition(sending.pointee.loop == nil, "a connection belongs to one event loop")
      sending.pointee.loop = loop
      sending.pointee.token = token
      return true
    }
  }

  func detach() { outboundLock.withLock { sending.pointee.loop = nil } }

  var token: UInt64 { outboundLock.withLock { sending.pointee.token } }

  /// Frames appended, or a write that fell short, before the connection had a loop.
  func markDirtyIfNeeded() {
    outboundLock.lock()
    sending.pointee.waitsForWritability = false
    finishAppending(from: sending.pointee.buffer.position)
  }
}
