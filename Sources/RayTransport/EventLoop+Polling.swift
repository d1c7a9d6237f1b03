internal import CRayShims
internal import Synchronization

/// Everything here runs on the thread that holds the polling role.
extension EventLoop {
  // MARK: Sending

  /// Lets the delegate append, then sends what was appended anywhere.
  func flushAll() {
    delegate?.loopWillPoll(self)
    flushDirtyConnections()
  }

  private func flushDirtyConnections() {
    guard dirtyCount.load(ordering: .acquiring) > 0 else { return }
    lock.lock()
    swap(&shared.pointee.dirty, &polling.pointee.flushing)
    dirtyCount.store(0, ordering: .relaxed)
    lock.unlock()
    for connection in polling.pointee.flushing { connection.flushDirty() }
    polling.pointee.flushing.removeAll(keepingCapacity: true)
  }

  // MARK: Receiving

  /// Reads from the connections that were active last, without asking the poller.
  func receiveHot() -> Bool {
    var any = false
    if let first = polling.pointee.hot.first { any = receive(on: first.takeUnretainedValue()) }
    if let second = polling.pointee.hot.second {
      let received = receive(on: second.takeUnretainedValue())
      if received { any = true } else { polling.pointee.hot.noteSecondMiss() }
    }
    return any
  }

  /// Asks the poller and handles what it reports. Returns how many events there were.
  ///
  /// - Parameter isHelper: Stop between two events when the loop's thread waits for the role; the poller reports the rest again.
  func pollEvents(timeout: Int64, isHelper: Bool = false) -> Int {
    let events = polling.pointee.events
    let count = Int(cray_poller_wait(poller.raw, events, Int32(Polling.eventCountMax), timeout))
    precondition(count >= 0, "polling failed with errno \(-count)")
    for index in 0..<count {
      if isHelper && role.isWantedBack { break }
      handle(events[index])
    }
    return count
  }

  private func handle(_ event: cray_event) {
    if event.token == SourceTable.wakeupToken { return cray_wakeup_drain(wakeup.raw) }
    lock.lock()
    let source = shared.pointee.sources[event.token]
    lock.unlock()
    switch source {
    case .connection(let connection): handle(event, on: connection)
    case .watch(_, let onReadable): callBack(onReadable)
    case nil: break  // Removed by an event handled just before.
    }
  }

  private func handle(_ event: cray_event, on connection: Connection) {
    if event.events & UInt32(CRAY_WRITABLE) != 0, connection.becameWritable() {
      delegate?.loop(self, didDrain: connection)
    }
    if event.events & UInt32(CRAY_READABLE | CRAY_HANGUP) != 0, receive(on: connection) {
      if !connection.isClosing.load(ordering: .relaxed) { polling.pointee.hot.noteActive(connection) }
    }
  }

  /// One read and its frames. False when nothing was there.
  private func receive(on connection: Connection) -> Bool {
    switch connection.read() {
    case .nothing: return false
    case .bytes: deliver(connection)
    case .ended(let reason): finish(connection, reason)
    }
    notifyFollowers()
    return true
  }

  private func deliver(_ connection: Connection) {
    var violation: InboundBuffer.Violation?
    let batch = connection.receiving.pointee.buffer.completeFrames(violation: &violation)
    var reason: CloseReason?
    if batch.count > 0 {
      connection.noteReceived(batch.count)
      if let faults = connection.receiving.pointee.faults {
        reason = faults.filterInbound(batch, on: connection, loop: self)
      } else {
        reason = callDelegate(batch, on: connection)
      }
    }
    connection.receiving.pointee.buffer.consume(batch.bytes.count)
    if reason == nil, case .frameTooLarge(let byteCount)? = violation {
      reason = .frameTooLarge(byteCount: byteCount, maximum: connection.receiving.pointee.buffer.bodyByteCountMax)
    }
    if let reason { finish(connection, reason) }
  }

  /// Returns why the connection must be closed, if so.
  func callDelegate(_ batch: FrameBatch, on connection: Connection) -> CloseReason? {
    guard let delegate else { return nil }
    do throws(TransportError) {
      try delegate.loop(self, didReceive: batch, on: connection)
      return nil
    } catch {
      return .refused(error.message)
    }
  }

  /// Forgets a connection and tells the delegate.
  func finish(_ connection: Connection, _ observed: CloseReason) { finish(connection, token: connection.token, observed) }

  /// The token comes from the loop's table where `add` may not have told it to the connection yet.
  func finish(_ connection: Connection, token: UInt64, _ observed: CloseReason) {
    lock.lock()
    let wasKnown = shared.pointee.sources.remove(token) != nil
    lock.unlock()
    guard wasKnown else { return }
    _ = cray_poller_remove(poller.raw, connection.descriptor)
    polling.pointee.hot.remove(connection)
    let reason = connection.finish(observed)
    delegate?.loop(self, didClose: connection, reason: reason)
  }

  private func callBack(_ action: @Sendable () -> Void) {
    action()
    notifyFollowers()
  }

  // MARK: Timers

  /// Runs the timers that are due. Returns whether there were any.
  func fireTimers() -> Bool {
    guard nextDeadline.load(ordering: .relaxed) != .max else { return false }
    let now = System.now
    guard nextDeadline.load(ordering: .relaxed) <= now else { return false }
    while true {
      lock.lock()
      let action = shared.pointee.timers.popDue(now: now)
      nextDeadline.store(shared.pointee.timers.nextDeadline, ordering: .sequentiallyConsistent)
      lock.unlock()
      guard let action else { return true }
      callBack(action)
    }
  }
}
