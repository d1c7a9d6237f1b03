internal import CRayShims
internal import Synchronization

/// Polls connections, calls the delegate and runs Swift tasks, all on the one thread that runs it.
///
/// Run it with ``run(until:for:)`` on a thread that waits anyway, or give it a thread of its own with ``start()``.
/// `Task(executorPreference: loop)` puts a task on it; resuming such a task from a callback costs no thread switch.
///
/// One turn of the loop:
/// 1. run the jobs that are ready (meanwhile the helper may take the sockets over, see ``PollingRole``)
/// 2. `loopWillPoll`, then flush every connection with unsent frames
/// 3. look for input: recently active sockets, then the poller; spin politely for a moment, then sleep
/// 4. deliver batches, closes, timers
///
/// End it with ``shutdown()``.
package final class EventLoop: @unchecked Sendable {
  // Sendable: `shared` is touched under `lock` only, `polling` by the holder of `role` only, `local` by the running thread
  // only, `runner` under `runnerLock`, `helper` under `helperLock`; `delegate` is set before the loop runs. Everything else
  // is constant or atomic.

  package struct Configuration: Sendable {
    /// Shown by debuggers for the loop's own thread; at most 11 bytes are kept.
    package var name = "ray-loop"
    /// How long to look again and again before sleeping; zero never spins. Default 20 us.
    package var spinLimit: Duration = .microseconds(20)
    /// Whether a helper thread polls while a job keeps the loop's thread. Default true.
    package var isHelperEnabled = true
    /// How often the helper looks at a busy loop; a job is long after one to two of these. Default 5 ms.
    package var helperTick: Duration = .milliseconds(5)

    package init() {}
  }

  package let configuration: Configuration
  /// Set it before the loop runs; ``shutdown()`` clears it.
  package nonisolated(unsafe) var delegate: (any EventLoopDelegate)?

  let poller: OwnedDescriptor
  let wakeup: OwnedDescriptor
  /// Contains `poller` and `helperKick`: the helper waits on both, and the loop's thread can end that wait.
  let helperPoller: OwnedDescriptor
  let helperKick: OwnedDescriptor

  let lock = Lock()
  let shared: UnsafeMutablePointer<Shared>
  let polling: UnsafeMutablePointer<Polling>
  let local: UnsafeMutablePointer<Local>

  let role = PollingRole()
  /// Odd while a job runs; the helper compares two looks. Written by the running thread only.
  let sequence = Atomic<UInt64>(1)
  /// Counts turns; a loop that runs jobs without ever turning must be told to poll.
  let turns = Atomic<UInt64>(0)
  let shouldPollSoon = Atomic<Bool>(false)
  let shouldTakeNow = Atomic<Bool>(false)

  // Copies of what `shared` holds, readable without the lock; written under it.
  let remoteCount = Atomic<Int>(0)
  let dirtyCount = Atomic<Int>(0)
  let nextDeadline = Atomic<UInt64>(.max)
  let isStopping = Atomic<Bool>(false)
  let isWorkRequested = Atomic<Bool>(false)

  let runnerLock = Lock()
  let runnerChanged = Condition()
  let runner: UnsafeMutablePointer<Runner>
  let followerCount = Atomic<Int>(0)

  let helperLock = Lock()
  let helperChanged = Condition()
  let helper: UnsafeMutablePointer<Helper>
  let roleReturned = Condition()

  let takeovers = Atomic<UInt64>(0)
  let sleeps = Atomic<UInt64>(0)

  /// Guarded by `lock`.
  struct Shared: ~Copyable {
    var jobs = JobQueue()
    var closures: [@Sendable () -> Void] = []
    var timers = TimerHeap()
    var sources = SourceTable()
    var dirty: [Connection] = []
    /// The loop's thread sleeps in its poller: signal `wakeup`.
    var isSleeping = false
    /// Somebody changed a condition that a run waits for: look at it once more before sleeping.
    var mustLookAgain = false
  }

  /// Touched by the holder of the polling role only.
  struct Polling: ~Copyable {
    let events = UnsafeMutablePointer<cray_event>.allocate(capacity: Polling.eventCountMax)
    static let eventCountMax = 64
    var hot = HotConnections()
    var flushing: [Connection] = []
    deinit { events.deallocate() }
  }

  /// Touched by the running thread only; handed from one to the next under `runnerLock`.
  struct Local: ~Copyable {
    var jobs = JobQueue()
    var spin: SpinPolicy
    var isInJobs = false
    var isHelperStarted = false
    var turnsWithoutPoll = 0
    var mustPoll = false
  }

  /// Guarded by `runnerLock`.
  struct Runner: ~Copyable {
    /// Whether some thread runs the loop.
    var isRunning = false
    /// The loop's own thread, after ``EventLoop/start()``.
    var thread: Thread?
  }

  /// Guarded by `helperLock`.
  struct Helper: ~Copyable {
    var thread: Thread?
    var isStopping = false
  }

  package init(configuration: Configuration = Configuration()) throws(TransportError) {
    self.configuration = configuration
    let what = "cannot create an event loop"
    poller = OwnedDescriptor(adopting: try System.check(cray_poller_create(), what))
    wakeup = OwnedDescriptor(adopting: try System.check(cray_wakeup_create(), what))
    helperPoller = OwnedDescriptor(adopting: try System.check(cray_poller_create(), what))
    helperKick = OwnedDescriptor(adopting: try System.check(cray_wakeup_create(), what))
    let readable = UInt32(CRAY_READABLE)
    try System.check(cray_poller_add(poller.raw, wakeup.raw, readable, SourceTable.wakeupToken), what)
    try System.check(cray_poller_add(helperPoller.raw, poller.raw, readable, 0), what)
    try System.check(cray_poller_add(helperPoller.raw, helperKick.raw, readable, SourceTable.wakeupToken), what)
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    polling = .allocate(capacity: 1)
    polling.initialize(to: Polling())
    local = .allocate(capacity: 1)
    local.initialize(to: Local(spin: SpinPolicy(limit: configuration.spinLimit.clampedNanoseconds)))
    helper = .allocate(capacity: 1)
    helper.initialize(to: Helper())
    runner = .allocate(capacity: 1)
    runner.initialize(to: Runner())
  }

  deinit {
    shared.deinitialize(count: 1)
    shared.deallocate()
    polling.deinitialize(count: 1)
    polling.deallocate()
    local.deinitialize(count: 1)
    local.deallocate()
    helper.deinitialize(count: 1)
    helper.deallocate()
    runner.deinitialize(count: 1)
    runner.deallocate()
  }

  /// What identifies this loop in the thread-local word.
  var threadMark: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
  var helperMark: UnsafeMutableRawPointer { threadMark + 1 }

  /// Whether the calling thread is the one that runs this loop.
  package var isOnLoopThread: Bool { cray_thread_loop() == threadMark }

  /// Whether the helper polls while a job keeps the loop's thread. It has asked the delegate for output already: who appends
  /// more sends it.
  package var isPolledByHelper: Bool { role.isWithHelper }

  /// How often the helper took the sockets over.
  package var takeoverCount: UInt64 { takeovers.load(ordering: .relaxed) }
  /// How often the loop's thread went to sleep.
  package var sleepCount: UInt64 { sleeps.load(ordering: .relaxed) }
}
