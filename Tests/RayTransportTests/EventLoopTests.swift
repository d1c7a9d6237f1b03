internal import CRayShims
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct EventLoopTests {
  @Test func taskStaysOnTheLoopAcrossAwaits() async throws {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.shutdown() }
    let flags = await Task(executorPreference: loop) {
      var flags = [loop.isOnLoopThread]
      await Task.yield()
      flags.append(loop.isOnLoopThread)
      async let child = loop.isOnLoopThread
      flags.append(await child)
      try? await Task.sleep(for: .milliseconds(1))
      flags.append(loop.isOnLoopThread)
      return flags
    }.value
    #expect(flags == [true, true, true, true])
  }

  @Test func replyResumesTheTaskOnTheLoop() throws {
    let fixture = try LoopWithPeer()
    let peer = fixture.peer.raw
    let echo = try Thread { [bytes = encoded(.init(kind: 1, id: 5))] in
      for _ in 0..<1000 { sendAll(receiveAll(bytes.count, from: peer), to: peer) }
    }
    let waiter = Waiter()
    fixture.recorder.keepsFrames = false
    fixture.recorder.onBatch = { (_, _) throws(TransportError) in waiter.resume() }
    let isDone = Flag()
    let connection = fixture.connection
    Task(executorPreference: fixture.loop) {
      for _ in 0..<1000 {
        await waiter.wait { _ = try? connection.append(FrameHeader(kind: 1, id: 5)) }
      }
      isDone.set()
    }
    fixture.wait("a thousand round trips") { isDone.isSet }
    echo.join()
    #expect(fixture.loop.takeoverCount == 0)
  }

  @Test func jobsFromOtherThreadsAllRunAndWakeASleepingLoop() async throws {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.shutdown() }
    let total = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask { @concurrent in
          var count = 0
          for _ in 0..<500 { count += await Task(executorPreference: loop) { loop.isOnLoopThread ? 1 : 0 }.value }
          return count
        }
      }
      return await group.reduce(0, +)
    }
    #expect(total == 2000)
  }

  @Test func closuresRunInOrderOnTheLoopsThread() throws {
    let loop = try EventLoop()
    try loop.start()
    nonisolated(unsafe) var order: [Int] = []
    let isDone = Flag()
    for index in 0..<1000 {
      loop.execute {
        if loop.isOnLoopThread { order.append(index) }
        if index == 999 { isDone.set() }
      }
    }
    #expect(loop.run(until: { isDone.isSet }, for: .seconds(20)))
    loop.shutdown()
    #expect(order == Array(0..<1000))
  }

  @Test func requestedWorkRunsOnTheLoopsThread() throws {
    let fixture = try LoopWithPeer()
    let loop = fixture.loop
    let wasOnLoop = Flag()
    fixture.recorder.onWork = { if loop.isOnLoopThread { wasOnLoop.set() } }
    fixture.recorder.onBatch = { (_, _) throws(TransportError) in loop.requestWork() }
    sendAll(encoded(.init(kind: 1, id: 1)), to: fixture.peer.raw)
    fixture.wait("the work") { wasOnLoop.isSet }
    #expect(fixture.recorder.workCount.load(ordering: .relaxed) == 1)
  }

  @Test func workRequestedFromAnotherThreadWakesTheLoop() throws {
    let fixture = try LoopWithPeer()
    let loop = fixture.loop
    let hasRun = Flag()
    fixture.recorder.onWork = { hasRun.set() }
    try loop.start()
    for _ in 0..<200 {
      let before = fixture.recorder.workCount.load(ordering: .relaxed)
      loop.requestWork()
      fixture.wait("the work") { fixture.recorder.workCount.load(ordering: .sequentiallyConsistent) > before }
    }
  }

  @Test func timersFireInTheOrderOfTheirDeadlinesAndCancelledOnesNever() throws {
    let loop = try EventLoop()
    defer { loop.shutdown() }
    nonisolated(unsafe) var fired: [Int] = []
    for milliseconds in [9, 3, 6, 1, 3] { loop.schedule(after: .milliseconds(milliseconds)) { fired.append(milliseconds) } }
    let cancelled = loop.schedule(after: .milliseconds(2)) { fired.append(-1) }
    #expect(loop.cancel(cancelled))
    #expect(!loop.cancel(cancelled))
    #expect(loop.run(until: { fired.count == 5 }, for: .seconds(20)))
    #expect(fired == [1, 3, 3, 6, 9])
  }

  @Test func earlierTimerFromAnotherThreadShortensTheSleep() throws {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.shutdown() }
    loop.schedule(after: .seconds(3600)) {}
    let fired = Flag()
    let start = ContinuousClock.now
    loop.schedule(after: .milliseconds(1)) { fired.set() }
    #expect(loop.run(until: { fired.isSet }, for: .seconds(20)))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func runReturnsAtItsTimeout() throws {
    let loop = try EventLoop()
    defer { loop.shutdown() }
    let start = ContinuousClock.now
    #expect(!loop.run(until: { false }, for: .milliseconds(20)))
    #expect(ContinuousClock.now - start >= .milliseconds(20))
  }

  @Test func severalThreadsWaitAndTheRoleOfTheRunnerPassesOn() throws {
    let fixture = try LoopWithPeer()
    let loop = fixture.loop
    let recorder = fixture.recorder
    // Each thread waits for one more frame than the one before, so whoever runs the loop leaves first.
    let counter = Counter()
    var threads: [JoinBox] = []
    for index in 1...4 {
      threads.append(
        JoinBox(
          try Thread {
            if loop.run(until: { recorder.frameCount >= index }, for: .seconds(20)) { counter.add() }
          }))
    }
    for index in 1...4 {
      sendAll(encoded(.init(kind: 1, id: UInt64(index))), to: fixture.peer.raw)
      let expected = index
      let isReached =
        loop.run(until: { counter.value >= expected }, for: .milliseconds(1)) || waitUntil { counter.value >= expected }
      #expect(isReached)
    }
    for thread in threads { thread.join() }
    #expect(counter.value == 4)
  }

  @Test func waitingInsideAJobPollsButRunsNoOtherJob() throws {
    let fixture = try LoopWithPeer()
    let loop = fixture.loop
    let recorder = fixture.recorder
    let otherRan = Flag()
    let outcome = Flag()
    let isDone = Flag()
    let peer = fixture.peer.raw
    loop.execute {
      Task(executorPreference: loop) { otherRan.set() }
      sendAll(encoded(.init(kind: 1, id: 1)), to: peer)
      let received = loop.run(until: { recorder.frameCount == 1 }, for: .seconds(20))
      if received && !otherRan.isSet { outcome.set() }
      isDone.set()
    }
    fixture.wait("the job") { isDone.isSet && otherRan.isSet }
    #expect(outcome.isSet)
  }

  @Test func watchedDescriptorIsReportedUntilUnwatched() throws {
    let fixture = try LoopWithPeer()
    let ends = try socketEnds()
    let watched = OwnedDescriptor(adopting: ends.0)
    let other = OwnedDescriptor(adopting: ends.1)
    let raw = watched.raw
    let counter = Counter()
    let id = try fixture.loop.watch(raw) {
      _ = receiveAll(1, from: raw)
      counter.add()
    }
    sendAll([1, 2, 3], to: other.raw)
    fixture.wait("three bytes") { counter.value == 3 }
    fixture.loop.unwatch(id)
    sendAll([4], to: other.raw)
    fixture.loop.run(until: { false }, for: .milliseconds(5))
    #expect(counter.value == 3)
  }

  /// A notification between the loop's look at the condition and its sleep was lost once in a while.
  @Test func notificationIsNeverLostBetweenTheLookAndTheSleep() throws {
    var configuration = EventLoop.Configuration()
    configuration.spinLimit = .zero
    let loop = try EventLoop(configuration: configuration)
    defer { loop.shutdown() }
    let (asked, answered) = (Counter(), Counter())
    let thread = try Thread {
      for round in 1...3000 {
        if !waitUntil({ asked.value >= round }) { return }
        // A different pause each time, so that some answers fall between the look and the sleep.
        let end = cray_now_ns() + UInt64(round % 100) * 50
        while cray_now_ns() < end {}
        answered.add()
        loop.notify()
      }
    }
    let start = ContinuousClock.now
    for round in 1...3000 {
      asked.add()
      #expect(loop.run(until: { answered.value >= round }, for: .seconds(20)))
      if ContinuousClock.now - start > .seconds(15) { break }
    }
    thread.join()
    #expect(ContinuousClock.now - start < .seconds(15))
  }

  @Test func conditionMetByTheLastCallbackBeforeTheSleepEndsTheRun() throws {
    let fixture = try LoopWithPeer()
    let count = Counter()
    fixture.recorder.onWillPoll = { count.add() }
    let start = ContinuousClock.now
    fixture.wait("the first poll") { count.value > 0 }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func nothingIsAddedToALoopThatWasShutDown() throws {
    let loop = try EventLoop()
    loop.shutdown()
    let ends = try socketEnds()
    let connection = try Connection(adopting: OwnedDescriptor(adopting: ends.0))
    let peer = OwnedDescriptor(adopting: ends.1)
    #expect(throws: TransportError.self) { try loop.add(connection) }
    #expect(throws: TransportError.self) { _ = try loop.watch(peer.raw) {} }
  }

  @Test func idleLoopUsesNoProcessorTime() throws {
    let fixture = try LoopWithPeer()
    try fixture.loop.start()
    let hasRun = Flag()
    fixture.loop.execute { hasRun.set() }  // Starts the helper, whose ticks must stop as well.
    fixture.wait("the first job") { hasRun.isSet }
    fixture.loop.run(until: { false }, for: .milliseconds(200))
    let before = fixture.loop.sleepCount
    fixture.loop.run(until: { false }, for: .milliseconds(300))
    #expect(fixture.loop.sleepCount - before <= 20, "an idle loop wakes up for nothing; 60 ticks would fit")
  }

  @Test func shutdownReportsEveryConnectionOnce() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    loop.delegate = recorder
    var peers: [Int32] = []
    for _ in 0..<5 {
      let ends = try socketEnds()
      peers.append(ends.1)
      try loop.add(try Connection(adopting: OwnedDescriptor(adopting: ends.0)))
    }
    try loop.start()
    loop.shutdown()
    #expect(recorder.reasons.count == 5)
    for peer in peers {
      #expect(receiveAll(1, from: peer).isEmpty)
      _ = OwnedDescriptor(adopting: peer)
    }
    #expect(!loop.run(until: { false }))
  }

  @Test func loopIsFreedAfterItsShutdown() throws {
    weak var freed: EventLoop?
    do {
      let loop = try EventLoop()
      freed = loop
      try loop.start()
      let hasRun = Flag()
      loop.execute { hasRun.set() }
      #expect(loop.run(until: { hasRun.isSet }, for: .seconds(20)))
      loop.shutdown()
    }
    #expect(freed == nil)
  }
}

/// Suspends one task until the delegate resumes it.
final class Waiter: @unchecked Sendable {
  // Sendable: guarded by `lock`.
  private let lock = Lock()
  private var continuation: UnsafeContinuation<Void, Never>?

  func wait(_ start: () -> Void) async {
    await withUnsafeContinuation { continuation in
      lock.withLock { self.continuation = continuation }
      start()
    }
  }

  func resume() {
    lock.lock()
    let continuation = continuation.take()
    lock.unlock()
    continuation?.resume()
  }
}

final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
  func add() { count.add(1, ordering: .sequentiallyConsistent) }
}

/// Waits for something that no event announces to this thread; false after 20 s.
func waitUntil(_ isDone: () -> Bool) -> Bool {
  let deadline = cray_now_ns() + 20_000_000_000
  while !isDone() {
    if cray_now_ns() > deadline { return false }
    cray_yield()
  }
  return true
}
