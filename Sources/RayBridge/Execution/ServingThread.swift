internal import CRayShims
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A thread that runs Swift code and, when all of it is suspended, blocks in Ray for what it waits for.
///
/// Ray gives a worker's CPU to others only while the worker's *main* thread blocks in Ray. So suspended code must not leave
/// that thread idle: ``serve(until:)`` runs the jobs of the tasks that prefer this executor, and between jobs it is this
/// thread that waits for the references those tasks await. Jobs that become runnable for other reasons meanwhile are run by
/// a stand-in. Never do two jobs of one serving thread run at the same time.
package final class ServingThread: TaskExecutor, @unchecked Sendable {
  // Sendable: everything that changes is guarded by `monitor`.

  /// Blocks until one of the requests is done, or for a moment; ends those that are done.
  package typealias BlockingWait = @Sendable ([any WaitRequest]) -> Void

  private let monitor = Monitor()
  private let standInMonitor = Monitor()
  private var jobs: [UnownedJob] = []
  private var firstJob = 0
  private var requests: [any WaitRequest] = []
  private let blockingWait: BlockingWait?
  /// The owner is inside `blockingWait`.
  private var isBlocked = false
  private var isJobRunning = false
  /// Both guarded by `standInMonitor`.
  private var hasStandIn = false
  private var isStandInDue = false
  /// How often the owner is inside ``serve(until:)``.
  private var serveDepth = 0
  private var isMainQueueDue = false
  /// Set once, before anybody else knows this object.
  private var isFirstThread = false
  private let lendsCPU: Bool
  /// Called about twenty times a second while nothing happens.
  private let idle: (@Sendable () -> Void)?

  /// - Parameter lendsCPU: Whether Ray gives a CPU to others while this thread waits: that of a worker, not of a driver.
  package init(blockingWait: BlockingWait? = nil, lendsCPU: Bool = false, idle: (@Sendable () -> Void)? = nil) {
    self.blockingWait = blockingWait
    self.lendsCPU = lendsCPU
    self.idle = idle
  }

  // MARK: Jobs

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    monitor.lock()
    jobs.append(job)
    let wakesStandIn = isBlocked
    monitor.signal()
    monitor.unlock()
    if wakesStandIn { wakeStandIn() }
  }

  private func takeJob() -> UnownedJob? {
    guard firstJob < jobs.count else { return nil }
    let job = jobs[firstJob]
    firstJob += 1
    if firstJob == jobs.count {
      jobs.removeAll(keepingCapacity: true)
      firstJob = 0
    } else if firstJob >= 1024, firstJob * 2 >= jobs.count {
      jobs.removeFirst(firstJob)
      firstJob = 0
    }
    return job
  }

  /// Runs one job; the lock is held before and after.
  private func run(_ job: UnownedJob) {
    isJobRunning = true
    monitor.unlock()
    job.runSynchronously(on: asUnownedTaskExecutor())
    monitor.lock()
    isJobRunning = false
    monitor.signal()
  }

  // MARK: The owner

  /// The serving thread whose jobs the calling thread runs as their owner.
  package static var current: ServingThread? {
    guard let pointer = pthread_getspecific(currentKey) else { return nil }
    return Unmanaged<ServingThread>.fromOpaque(pointer).takeUnretainedValue()
  }

  private static let currentKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// The calling thread's own, made with the first use and kept as long as the process: threads that run calls are few.
  package static func forThisThread(
    lendsCPU: Bool, _ blockingWait: @escaping BlockingWait, idle: (@Sendable () -> Void)? = nil
  ) -> ServingThread {
    if let pointer = pthread_getspecific(ownKey) {
      return Unmanaged<ServingThread>.fromOpaque(pointer).takeUnretainedValue()
    }
    let made = ServingThread(blockingWait: blockingWait, lendsCPU: lendsCPU, idle: idle)
    pthread_setspecific(ownKey, Unmanaged.passRetained(made).toOpaque())
    made.isFirstThread = MainQueue.remember(made)
    return made
  }

  private static let ownKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// Runs jobs and waits for what they await until `isDone`, which must be followed by ``wake()`` when it comes true
  /// elsewhere than in a job.
  package func serve(until isDone: () -> Bool) {
    let outer = pthread_getspecific(Self.currentKey)
    pthread_setspecific(Self.currentKey, Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(Self.currentKey, outer) }
    let outerLender = lendsCPU ? Self.replaceLender(self) : nil
    defer { if lendsCPU { Self.replaceLender(outerLender) } }
    monitor.lock()
    serveDepth += 1
    // What was queued while nobody served was told to somebody who must wait for this thread, too.
    if isFirstThread, MainQueue.isUsed { isMainQueueDue = true }
    while !isDone() {
      if isJobRunning {
        monitor.wait()
      } else if isMainQueueDue {
        runMainQueue()
      } else if let job = takeJob() {
        run(job)
      } else if let blockingWait, !requests.isEmpty {
        block(blockingWait)
      } else if let idle {
        monitor.wait(milliseconds: 50)
        if firstJob >= jobs.count {
          monitor.unlock()
          idle()
          monitor.lock()
        }
      } else {
        monitor.wait()
      }
    }
    serveDepth -= 1
    let leavesMainQueue = isMainQueueDue && serveDepth == 0
    if leavesMainQueue { isMainQueueDue = false }
    monitor.unlock()
    if leavesMainQueue { MainQueue.tell() }
  }

  /// For the serving thread of the process's first thread; false while nobody serves there.
  func runMainQueueSoon() -> Bool {
    monitor.withLock {
      guard serveDepth > 0 else { return false }
      isMainQueueDue = true
      monitor.signal()
      return true
    }
  }

  /// Runs what the main actor has to run; the lock is held before and after.
  private func runMainQueue() {
    isMainQueueDue = false
    isJobRunning = true
    monitor.unlock()
    cray_run_main_queue()
    monitor.lock()
    isJobRunning = false
    monitor.signal()
  }

  /// Makes ``serve(until:)`` look again.
  package func wake() { monitor.withLock { monitor.signal() } }

  /// Something that the owner shall wait for when it has nothing else to do; false when it cannot.
  package func add(_ request: any WaitRequest) -> Bool {
    guard blockingWait != nil, Self.current === self else { return false }
    monitor.withLock { requests.append(request) }
    return true
  }

  /// Tells a thread that serves a call what code waits for which that thread does not run: unstructured tasks, code of other
  /// executors. Somebody else waits for it, and this thread does so, too, when it has nothing to do, because only that lends its CPU.
  package static func lend(for request: any WaitRequest) { lender.withLock { $0 }?.append(request) }

  private func append(_ request: any WaitRequest) {
    monitor.withLock {
      guard serveDepth > 0 else { return }
      requests.append(request)
      monitor.signal()
    }
  }

  /// The thread that began to serve a call last.
  private static let lender = Mutex<ServingThread?>(nil)

  /// Returns the one before: calls of one process may be nested.
  @discardableResult
  private static func replaceLender(_ thread: ServingThread?) -> ServingThread? {
    lender.withLock { lender in
      defer { lender = thread }
      return lender
    }
  }

  /// Waits in Ray with the lock open; the lock is held before and after.
  private func block(_ wait: BlockingWait) {
    let waiting = requests
    isBlocked = true
    monitor.unlock()
    wait(waiting)
    monitor.lock()
    isBlocked = false
    let done = requests.filter { $0.isDone }
    requests.removeAll { $0.isDone }
    monitor.unlock()
    for request in done { request.resume() }
    monitor.lock()
  }

  // MARK: The stand-in

  private func wakeStandIn() {
    let starts = standInMonitor.withLock {
      defer { hasStandIn = true }
      isStandInDue = true
      standInMonitor.signal()
      return !hasStandIn
    }
    if starts { SystemThread.start("ray-stand-in") { [self] in standIn() } }
  }

  private func standIn() {
    while true {
      monitor.lock()
      while isBlocked, !isJobRunning, let job = takeJob() { run(job) }
      monitor.unlock()
      standInMonitor.withLock {
        while !isStandInDue { standInMonitor.wait() }
        isStandInDue = false
      }
    }
  }
}

/// Something that suspended code waits for; engines say what.
package protocol WaitRequest: AnyObject, Sendable {
  var isDone: Bool { get }
  /// Tells whoever waits; the second time does nothing.
  func resume()
}
