internal import CRayShims
internal import Synchronization

/// The helper thread: polls and calls the delegate while user code keeps the loop's thread.
///
/// It ticks while the loop is busy, sees a job that did not end between two ticks, and takes the polling role; the loop's thread
/// takes it back when the job ends. After a few quiet ticks it sleeps until the next job wakes it: an idle process never ticks.
extension EventLoop {
  /// Quiet ticks before the helper sleeps.
  private static var quietTickCountMax: Int { 5 }

  // MARK: The loop's thread

  /// Jobs follow: the helper may take the sockets.
  func offerRole() {
    local.pointee.isInJobs = true
    if role.offer() { wakeHelper() }
  }

  /// Jobs are done: takes the sockets back, waiting for at most one batch of the helper.
  func reclaimRole() {
    switch role.reclaim() {
    case .untaken: break
    case .fromWaitingHelper: cray_wakeup_signal(helperKick.raw)
    case .pending: awaitRole()
    }
    local.pointee.isInJobs = false
    turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    if shouldPollSoon.load(ordering: .relaxed) {
      shouldPollSoon.store(false, ordering: .relaxed)
      local.pointee.mustPoll = true
    }
    if !local.pointee.isHelperStarted && configuration.isHelperEnabled { role.noteHelperIsMissing() }
  }

  private func awaitRole() {
    // The end of a batch is usually near: a few yields are cheaper than a sleep.
    for _ in 0..<20 {
      if role.isReclaimed { return }
      cray_yield()
    }
    helperLock.lock()
    while !role.isReclaimed { roleReturned.wait(helperLock) }
    helperLock.unlock()
  }

  /// The running job is about to compute or block for long: sends what it appended and lets the helper take over at once.
  ///
  /// Costs a thread wake-up, about a microsecond; worth it beyond a hundred. Only inside a job of this loop.
  package func enteringLongWork() {
    precondition(isOnLoopThread && local.pointee.isInJobs, "only a job of this loop can announce long work")
    flushFromJob()
    shouldTakeNow.store(true, ordering: .releasing)
    wakeHelper()
  }

  /// The long part is over. The helper keeps the sockets until the job ends.
  package func leftLongWork() {
    shouldTakeNow.store(false, ordering: .relaxed)
    noteProgress()
  }

  /// Tells the helper that one of several short pieces inside one job is done. Costs one store.
  package func noteProgress() {
    advanceSequence(by: 2)
  }

  /// Sends without the polling role: the connections' own locks suffice.
  private func flushFromJob() {
    guard dirtyCount.load(ordering: .acquiring) > 0 else { return }
    lock.lock()
    let connections = shared.pointee.dirty
    shared.pointee.dirty.removeAll(keepingCapacity: true)
    dirtyCount.store(0, ordering: .relaxed)
    lock.unlock()
    for connection in connections { connection.flushDirty() }
  }

  private func wakeHelper() {
    guard configuration.isHelperEnabled else { return }
    if !local.pointee.isHelperStarted { return startHelper() }
    helperLock.lock()
    helperChanged.signal()
    helperLock.unlock()
  }

  private func startHelper() {
    helperLock.lock()
    defer { helperLock.unlock() }
    guard !helper.pointee.isStopping else { return }
    // Without a thread to spare the loop still works, only without take-over: the next offer tries again.
    guard let thread = try? Thread({ [self] in helperMain() }) else { return }
    helper.pointee.thread = consume thread
    local.pointee.isHelperStarted = true
  }

  /// Ends the helper thread. The caller is the only one who could start it again.
  func stopHelper() {
    helperLock.lock()
    helper.pointee.isStopping = true
    var thread = helper.pointee.thread.take()
    helperChanged.signal()
    helperLock.unlock()
    cray_wakeup_signal(helperKick.raw)
    if let thread = thread.take() { thread.join() }
  }

  // MARK: The helper's thread

  private func helperMain() {
    cray_set_thread_name(configuration.name + "+hlp")
    cray_set_thread_loop(helperMark)
    var seenSequence = sequence.load(ordering: .relaxed)
    var seenTurns = turns.load(ordering: .relaxed)
    var quietTickCount = 0
    while awaitTick() {
      let current = sequence.load(ordering: .relaxed)
      let currentTurns = turns.load(ordering: .relaxed)
      let isUnchanged = current == seenSequence
      let mustTake = shouldTakeNow.exchange(false, ordering: .acquiring) || (isUnchanged && current & 1 == 1)
      if mustTake && role.take() {
        serve()
        quietTickCount = 0
      } else if !isUnchanged, currentTurns == seenTurns, role.isOffered {
        // Many short jobs in a row: nobody is stuck, but nobody reads either.
        shouldPollSoon.store(true, ordering: .relaxed)
      }
      quietTickCount = isUnchanged && role.isLoopOwned ? quietTickCount + 1 : 0
      if quietTickCount >= Self.quietTickCountMax {
        quietTickCount = 0
        _ = role.park()
      }
      seenSequence = sequence.load(ordering: .relaxed)
      seenTurns = currentTurns
    }
  }

  /// Sleeps for one tick, or until woken when parked. False when the helper must end.
  private func awaitTick() -> Bool {
    helperLock.lock()
    defer { helperLock.unlock() }
    if role.isParked {
      while role.isParked && !shouldTakeNow.load(ordering: .acquiring) && !helper.pointee.isStopping {
        helperChanged.wait(helperLock)
      }
      // The job that woke us has just begun: give it one tick before calling it long.
      if shouldTakeNow.load(ordering: .acquiring) { return !helper.pointee.isStopping }
    }
    let deadline = System.now + configuration.helperTick.clampedNanoseconds
    while !shouldTakeNow.load(ordering: .acquiring) && !helper.pointee.isStopping && System.now < deadline {
      helperChanged.wait(helperLock, until: deadline)
    }
    return !helper.pointee.isStopping
  }

  /// Polls in place of the loop's thread until that thread takes the role back.
  private func serve() {
    takeovers.store(takeovers.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    while !isHelperStopping {
      flushAll()
      _ = fireTimers()
      _ = pollEvents(timeout: 0, isHelper: true)
      if dirtyCount.load(ordering: .sequentiallyConsistent) > 0 && !role.isWantedBack { continue }
      guard role.beginWaiting() else { return handOver() }
      if !waitForEvents() { return }
    }
    if !role.giveBack() { handOver() }
  }

  /// Sleeps without touching polling state. False when the loop's thread took the role meanwhile.
  private func waitForEvents() -> Bool {
    // After `beginWaiting`: whoever appends or schedules from now on sees the helper waiting and kicks it.
    if dirtyCount.load(ordering: .sequentiallyConsistent) == 0 {
      let timeout = Self.timeout(until: nextDeadline.load(ordering: .sequentiallyConsistent))
      withUnsafeTemporaryAllocation(of: cray_event.self, capacity: 2) { events in
        let count = cray_poller_wait(helperPoller.raw, events.baseAddress!, 2, timeout)
        let isKicked = events.prefix(Int(max(0, count))).contains { $0.token == SourceTable.wakeupToken }
        if isKicked { cray_wakeup_drain(helperKick.raw) }
      }
    }
    return role.endWaiting()
  }

  private func handOver() {
    helperLock.lock()
    role.handOver()
    roleReturned.signal()
    helperLock.unlock()
  }

  private var isHelperStopping: Bool { helperLock.withLock { helper.pointee.isStopping } }
}
