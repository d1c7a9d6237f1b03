internal import CRayShims
internal import Synchronization

extension EventLoop: TaskExecutor, SerialExecutor {
  /// Makes a job ready. On the loop's own thread this is a push; from elsewhere the loop is woken if it sleeps.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnLoopThread {
      local.pointee.jobs.push(job)
      return
    }
    lock.lock()
    shared.pointee.jobs.push(job)
    noteRemoteWorkAndUnlock()
  }

  package func checkIsolated() {
    precondition(isOnLoopThread, "not on the event loop \(configuration.name)")
  }

  /// Runs a closure on the loop's thread, after the closures passed before it. Safe from any thread.
  package func execute(_ closure: @escaping @Sendable () -> Void) {
    lock.lock()
    shared.pointee.closures.append(closure)
    noteRemoteWorkAndUnlock()
  }

  /// Asks for one call of the delegate's `loopRunsWork` on the loop's thread. Safe from any thread; requests merge.
  package func requestWork() {
    if isWorkRequested.exchange(true, ordering: .sequentiallyConsistent) || isOnLoopThread { return }
    lock.lock()
    wakeSleeperAndUnlock()
  }

  private func noteRemoteWorkAndUnlock() {
    remoteCount.store(shared.pointee.jobs.count + shared.pointee.closures.count, ordering: .releasing)
    wakeSleeperAndUnlock()
  }

  /// Ends the sleep of the loop's thread, at most one signal per sleep.
  func wakeSleeperAndUnlock() {
    let mustWake = shared.pointee.isSleeping
    shared.pointee.isSleeping = false
    lock.unlock()
    if mustWake { cray_wakeup_signal(wakeup.raw) }
  }

  /// Ends the sleep of whoever polls: the loop's thread or the helper.
  func wakePollerAndUnlock() {
    wakeSleeperAndUnlock()
    if role.isHelperWaiting { cray_wakeup_signal(helperKick.raw) }
  }

  // MARK: Running jobs

  var hasReadyWork: Bool {
    local.pointee.jobs.count > 0 || remoteCount.load(ordering: .acquiring) > 0 || isWorkRequested.load(ordering: .acquiring)
  }

  /// Whether jobs wait behind the one that runs. On the loop's thread only.
  package var hasReadyJobs: Bool { local.pointee.jobs.count > 0 || remoteCount.load(ordering: .acquiring) > 0 }

  /// The most jobs between two looks at the sockets.
  private static var jobBudget: Int { 256 }

  /// Runs what is ready while the polling role is on offer.
  func runReadyWork() {
    guard hasReadyWork else { return }
    offerRole()
    let closures = takeRemoteWork()
    runJobs()
    for closure in closures {
      advanceSequence()
      closure()
      advanceSequence()
    }
    if isWorkRequested.load(ordering: .relaxed) { runDelegateWork() }
    reclaimRole()
    notifyFollowers()
  }

  private func takeRemoteWork() -> [@Sendable () -> Void] {
    guard remoteCount.load(ordering: .acquiring) > 0 else { return [] }
    lock.lock()
    defer { lock.unlock() }
    local.pointee.jobs.moveAll(from: &shared.pointee.jobs)
    remoteCount.store(0, ordering: .relaxed)
    if shared.pointee.closures.isEmpty { return [] }
    defer { shared.pointee.closures.removeAll(keepingCapacity: true) }
    return shared.pointee.closures
  }

  private func runJobs() {
    let executor = asUnownedSerialExecutor()
    let taskExecutor = asUnownedTaskExecutor()
    // Jobs that become ready meanwhile wait for the next turn, or the sockets would starve.
    var budget = min(local.pointee.jobs.count, Self.jobBudget)
    while budget > 0, let job = local.pointee.jobs.pop() {
      advanceSequence()
      job.runSynchronously(isolatedTo: executor, taskExecutor: taskExecutor)
      advanceSequence()
      budget -= 1
      if shouldPollSoon.load(ordering: .relaxed) { break }
    }
  }

  private func runDelegateWork() {
    isWorkRequested.store(false, ordering: .sequentiallyConsistent)
    advanceSequence()
    delegate?.loopRunsWork(self)
    advanceSequence()
  }

  /// Odd: a job runs. Even: it ended. Only this thread writes, so no atomic addition is needed.
  func advanceSequence(by count: UInt64 = 1) {
    sequence.store(sequence.load(ordering: .relaxed) &+ count, ordering: .relaxed)
  }
}
