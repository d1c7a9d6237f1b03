internal import CRayShims
internal import Synchronization

extension EventLoop {
  /// Runs the loop on the calling thread until `isDone` is true, or `timeout` has passed, or the loop is stopped.
  ///
  /// - On a thread of its own kind: runs everything. When another thread already runs the loop, waits beside it, looking at
  ///   `isDone` after each batch, and takes over when that thread leaves.
  /// - Inside a job of this loop: polls and calls the delegate but runs no other job, since the calling one has not ended.
  /// - Inside a callback: a programming error, since nothing could arrive meanwhile.
  ///
  /// `isDone` may be called on the calling thread only, but between callbacks of another one: let it read state under the lock
  /// that the delegate uses, or sequentially consistent atomics. State that changes elsewhere needs ``notify()``.
  ///
  /// - Returns: Whether `isDone` was true.
  @discardableResult
  package func run(until isDone: () -> Bool, for timeout: Duration? = nil) -> Bool {
    let deadline = timeout.map { System.now &+ $0.clampedNanoseconds } ?? .max
    precondition(cray_thread_loop() != helperMark, "waiting for an event loop inside one of its callbacks")
    if isOnLoopThread { return runInsideJob(until: isDone, deadline: deadline) }
    switch becomeRunner(isDone, deadline: deadline) {
    case .done(let result): return result
    case .running: break
    }
    let outer = cray_thread_loop()
    cray_set_thread_loop(threadMark)
    reclaimRole()
    advanceSequence()  // Even: nobody is in a job.
    let result = turn(until: isDone, deadline: deadline, runsWork: true)
    // Leaving looks like one long job: the helper takes the sockets over if nobody comes back soon.
    advanceSequence()
    offerRole()
    cray_set_thread_loop(outer)
    resignRunner()
    return result
  }

  /// Runs the loop on a background thread until ``shutdown()``.
  package func start() throws(TransportError) {
    let thread = try Thread { [self] in
      cray_set_thread_name(configuration.name)
      run(until: { false })
    }
    runnerLock.lock()
    precondition(runner.pointee.thread == nil, "the event loop has a thread already")
    runner.pointee.thread = consume thread
    runnerLock.unlock()
  }

  /// Makes every ``run(until:for:)`` look at its condition again. Safe from any thread.
  package func notify() {
    lock.lock()
    // Stays until the loop is about to sleep: it may be between its look at the condition and its sleep right now.
    shared.pointee.mustLookAgain = true
    wakeSleeperAndUnlock()
    notifyFollowers()
  }

  /// Makes every ``run(until:for:)`` return soon, for good. Safe from any thread, also from callbacks and jobs.
  package func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    lock.lock()
    wakeSleeperAndUnlock()
    runnerLock.withLock { runnerChanged.broadcast() }
  }

  /// Stops the loop, waits for its threads, and closes every connection (the delegate's `didClose` runs on this thread).
  ///
  /// Not from the loop's own thread. Jobs that are still waiting are never run.
  package func shutdown() {
    precondition(!isOnLoopThread && cray_thread_loop() != helperMark, "an event loop cannot shut itself down")
    stop()
    runnerLock.lock()
    var thread = runner.pointee.thread.take()
    runnerLock.unlock()
    if let thread = thread.take() { thread.join() }
    runnerLock.lock()
    while runner.pointee.isRunning { runnerChanged.wait(runnerLock) }
    runner.pointee.isRunning = true  // Nobody else runs it again.
    runnerLock.unlock()
    stopHelper()
    reclaimRole()
    closeEverything()
    delegate = nil
    _ = role.offer()
    runnerLock.withLock { runner.pointee.isRunning = false }
  }

  private func closeEverything() {
    let (connections, watched) = lock.withLock {
      shared.pointee.timers.removeAll()
      nextDeadline.store(.max, ordering: .sequentiallyConsistent)
      return (shared.pointee.sources.connections, shared.pointee.sources.removeWatches())
    }
    for descriptor in watched { _ = cray_poller_remove(poller.raw, descriptor) }
    for (token, connection) in connections {
      finish(connection, token: token, .closedLocally("the event loop was shut down"))
    }
    lock.withLock {
      shared.pointee.dirty.removeAll()
      dirtyCount.store(0, ordering: .relaxed)
    }
  }

  // MARK: One runner at a time

  private enum Candidacy {
    case running
    case done(Bool)
  }

  private func becomeRunner(_ isDone: () -> Bool, deadline: UInt64) -> Candidacy {
    runnerLock.lock()
    defer { runnerLock.unlock() }
    guard runner.pointee.isRunning else {
      if isStopping.load(ordering: .acquiring) { return .done(isDone()) }
      runner.pointee.isRunning = true
      return .running
    }
    // Counted before the first look at the condition: a batch after that look sees the count and wakes us.
    followerCount.add(1, ordering: .sequentiallyConsistent)
    defer { followerCount.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if isDone() { return .done(true) }
      if isStopping.load(ordering: .acquiring) { return .done(false) }
      if !runner.pointee.isRunning {
        runner.pointee.isRunning = true
        return .running
      }
      if deadline == .max {
        runnerChanged.wait(runnerLock)
      } else {
        if System.now >= deadline { return .done(false) }
        runnerChanged.wait(runnerLock, until: deadline)
      }
    }
  }

  private func resignRunner() {
    runnerLock.lock()
    runner.pointee.isRunning = false
    runnerChanged.broadcast()
    runnerLock.unlock()
  }

  /// Lets threads that wait beside the loop look at their conditions.
  func notifyFollowers() {
    guard followerCount.load(ordering: .sequentiallyConsistent) > 0 else { return }
    runnerLock.withLock { runnerChanged.broadcast() }
  }

  // MARK: Turning

  private func runInsideJob(until isDone: () -> Bool, deadline: UInt64) -> Bool {
    precondition(local.pointee.isInJobs, "waiting for an event loop inside one of its callbacks")
    if isDone() { return true }
    reclaimRole()
    advanceSequence()
    let result = turn(until: isDone, deadline: deadline, runsWork: false)
    // As if the job had been started anew.
    advanceSequence()
    offerRole()
    return result
  }

  private func turn(until isDone: () -> Bool, deadline: UInt64, runsWork: Bool) -> Bool {
    while true {
      if isDone() { return true }
      if runsWork { runReadyWork() }
      flushAll()
      // Jobs and `loopWillPoll` may have changed the condition: never sleep on an old answer.
      if isDone() { return true }
      if isStopping.load(ordering: .acquiring) { return false }
      if deadline != .max, System.now >= deadline { return false }
      poll(deadline: deadline, runsWork: runsWork)
    }
  }

  /// One look for input, waiting if there is nothing else to do.
  private func poll(deadline: UInt64, runsWork: Bool) {
    if fireTimers() { return }
    if runsWork && hasReadyWork { return pollBetweenJobs() }
    local.pointee.turnsWithoutPoll += 1
    if receiveHot() {
      // The poller must be asked now and then, or busy connections would starve the others.
      if local.pointee.turnsWithoutPoll & 7 == 0 { _ = pollEvents(timeout: 0) }
      return
    }
    if local.pointee.spin.maySpin(), spin(deadline: deadline, runsWork: runsWork) { return }
    sleep(deadline: deadline, runsWork: runsWork)
  }

  private func pollBetweenJobs() {
    local.pointee.turnsWithoutPoll += 1
    guard local.pointee.mustPoll || local.pointee.turnsWithoutPoll & 7 == 0 else { return }
    local.pointee.mustPoll = false
    _ = pollEvents(timeout: 0)
  }

  /// Looks again and again, giving the core away in between. True when there is something to do.
  private func spin(deadline: UInt64, runsWork: Bool) -> Bool {
    let start = System.now
    var round = 0
    while true {
      let before = System.now
      cray_yield()
      let after = System.now
      round += 1
      if receiveHot() || (runsWork && hasReadyWork) || dirtyCount.load(ordering: .acquiring) > 0
        || ((round & 1 == 0 || polling.pointee.hot.first == nil) && pollEvents(timeout: 0) > 0)
      {
        local.pointee.spin.hit()
        return true
      }
      if after - before > local.pointee.spin.contendedYield {
        local.pointee.spin.contended()
        return false
      }
      if after - start > local.pointee.spin.limit {
        local.pointee.spin.timedOut()
        return false
      }
      if min(deadline, nextDeadline.load(ordering: .relaxed)) <= after || isStopping.load(ordering: .relaxed) { return true }
    }
  }

  private func sleep(deadline: UInt64, runsWork: Bool) {
    lock.lock()
    if mustStayAwake(runsWork: runsWork) {
      shared.pointee.mustLookAgain = false
      lock.unlock()
      return
    }
    shared.pointee.isSleeping = true
    let wakeTime = min(deadline, shared.pointee.timers.nextDeadline)
    lock.unlock()
    sleeps.store(sleeps.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    _ = pollEvents(timeout: Self.timeout(until: wakeTime))
    lock.lock()
    shared.pointee.isSleeping = false
    lock.unlock()
  }

  /// Under the lock, so that whoever adds work from now on sees the loop sleeping.
  private func mustStayAwake(runsWork: Bool) -> Bool {
    let hasWork = remoteCount.load(ordering: .relaxed) > 0 || isWorkRequested.load(ordering: .sequentiallyConsistent)
    return shared.pointee.mustLookAgain || (runsWork && hasWork) || dirtyCount.load(ordering: .relaxed) > 0
      || isStopping.load(ordering: .sequentiallyConsistent)
  }

  static func timeout(until deadline: UInt64) -> Int64 {
    if deadline == .max { return -1 }
    let now = System.now
    return deadline <= now ? 0 : Int64(clamping: deadline - now)
  }
}
