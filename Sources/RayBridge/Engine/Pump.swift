internal import RayEngine
internal import RayProtocol
internal import Synchronization

/// Objects that suspended code waits for.
final class ReadyRequest: WaitRequest {
  private let done = Atomic<Bool>(false)
  private let resumed = Atomic<Bool>(false)
  private let body: @Sendable () -> Void
  let entries: [ObjectTable.Entry]
  /// Keeps the entries' objects alive while the wait goes on.
  let handles: [ObjectHandle]
  let count: Int
  let deadline: ContinuousClock.Instant?

  init(
    _ handles: [ObjectHandle], _ entries: [ObjectTable.Entry], count: Int, timeout: Duration?,
    _ body: @escaping @Sendable () -> Void
  ) {
    self.handles = handles
    self.entries = entries
    self.count = count
    deadline = timeout.map { ContinuousClock.now + $0 }
    self.body = body
  }

  /// All entries in front of this one are resolved, which they stay.
  private let firstOpen = Atomic<Int>(0)

  /// The next entries that are not resolved, that many at most.
  func nextOpen(_ limit: Int) -> [ObjectTable.Entry] {
    var first = firstOpen.load(ordering: .relaxed)
    while first < entries.count, entries[first].isResolved { first += 1 }
    firstOpen.store(first, ordering: .relaxed)
    return Array(entries[first...].lazy.filter { !$0.isResolved }.prefix(limit))
  }

  var isDone: Bool { done.load(ordering: .acquiring) }

  func markDone() { done.store(true, ordering: .releasing) }

  func resume() {
    markDone()
    if !resumed.exchange(true, ordering: .acquiringAndReleasing) { body() }
  }

  /// Every value is wanted, so that fetching is waiting.
  var wantsAll: Bool { count == entries.count }

  /// Milliseconds until the deadline, at most `longest`.
  func patience(_ longest: Int) -> Int {
    guard let deadline else { return longest }
    let left = deadline - ContinuousClock.now
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    return min(longest, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }

  var isOverdue: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }
}

/// Threads that block in Ray so that Swift's need not.
///
/// A few requests get a thread each: a blocking `get` is the fastest way to one result. All others share one thread, which
/// waits for whichever is ready first.
final class Pump: @unchecked Sendable {
  // Sendable: `state` is guarded by `monitor`.
  private struct State {
    var queue: [ReadyRequest] = []
    var idleThreads = 0
    var threads = 0
    var isCollectorStarted = false
    var isStopped = false
  }

  private let monitor = Monitor()
  private var state = State()
  private static let threadCountMax = 4
  /// How long a thread blocks before it looks for requests that were given up.
  static let slice = 200
  /// How long a thread that also runs code blocks.
  static var servingSlice: Int { MainQueue.isUsed ? 5 : slice }

  private let engine: @Sendable () -> ClusterEngine?

  init(engine: @escaping @Sendable () -> ClusterEngine?) { self.engine = engine }

  func submit(_ request: ReadyRequest) {
    if let thread = ServingThread.current, thread.add(request) { return }
    ServingThread.lend(for: request)
    let starts = monitor.withLock { () -> Bool in
      state.queue.append(request)
      monitor.signal()
      guard state.idleThreads < state.queue.count, state.threads <= Self.threadCountMax else { return false }
      state.threads += 1
      return true
    }
    guard starts else { return }
    SystemThread.start("ray-wait") { [self] in run() }
  }

  /// The threads tell whoever waits, and end.
  func stop() {
    monitor.withLock {
      state.isStopped = true
      monitor.signal()
    }
  }

  private func run() {
    // The last thread takes whatever the others have no time for.
    let isCollector = monitor.withLock { () -> Bool in
      guard state.threads > Self.threadCountMax, !state.isCollectorStarted else { return false }
      state.isCollectorStarted = true
      return true
    }
    var held: [ReadyRequest] = []
    while true {
      monitor.lock()
      while state.queue.isEmpty, held.isEmpty, !state.isStopped {
        state.idleThreads += 1
        monitor.wait()
        state.idleThreads -= 1
      }
      if state.isStopped, state.queue.isEmpty, held.isEmpty {
        state.threads -= 1
        if isCollector { state.isCollectorStarted = false }
        monitor.unlock()
        return
      }
      if isCollector || !held.isEmpty {
        held += state.queue.take()
      } else if !state.queue.isEmpty {
        held.append(state.queue.removeFirst())
      }
      monitor.unlock()
      held = serve(held, isCollector: isCollector)
    }
  }

  private func serve(_ requests: [ReadyRequest], isCollector: Bool) -> [ReadyRequest] {
    guard let engine = engine() else {
      for request in requests { request.resume() }
      return []
    }
    engine.block(on: requests, milliseconds: isCollector ? 10 : Self.slice)
    var left: [ReadyRequest] = []
    for request in requests { if request.isDone { request.resume() } else { left.append(request) } }
    return left
  }
}
