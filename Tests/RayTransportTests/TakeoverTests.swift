internal import CRayShims
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import RayTransport

@Suite(.serialized, .alone, .timeLimit(.minutes(3))) struct TakeoverTests {
  /// Keeps the calling thread busy until the condition holds; false after 20 s.
  private static func compute(until isDone: () -> Bool) -> Bool {
    let deadline = cray_now_ns() + 20_000_000_000
    while !isDone() { if cray_now_ns() > deadline { return false } }
    return true
  }

  enum LongWork: CaseIterable { case job, closure, requestedWork, announced, leftLoop }

  /// A message that arrives while user code keeps the loop's thread is delivered before that code ends.
  @Test(arguments: LongWork.allCases) func messageIsDeliveredWhileUserCodeKeepsTheThread(kind: LongWork) throws {
    let fixture = try LoopWithPeer()
    let (loop, recorder, peer) = (fixture.loop, fixture.recorder, fixture.peer.raw)
    let wasDeliveredOnLoop = Flag()
    recorder.onBatch = { (_, _) throws(TransportError) in if loop.isOnLoopThread { wasDeliveredOnLoop.set() } }
    let isDone = Flag()
    let wasDelivered = Flag()
    let work: @Sendable () -> Void = {
      sendAll(encoded(.init(kind: 1, id: 1)), to: peer)
      if Self.compute(until: { recorder.frameCount == 1 }) { wasDelivered.set() }
      isDone.set()
    }
    switch kind {
    case .job: Task(executorPreference: loop) { work() }
    case .closure: loop.execute(work)
    case .requestedWork:
      recorder.onWork = work
      loop.requestWork()
    case .announced:
      loop.execute {
        loop.enteringLongWork()
        work()
        loop.leftLongWork()
      }
    case .leftLoop:
      loop.run(until: { true })
      work()
    }
    fixture.wait("the end of the work") { isDone.isSet }
    #expect(wasDelivered.isSet)
    #expect(!wasDeliveredOnLoop.isSet)
    #expect(loop.takeoverCount >= 1)
    // The loop's thread has the sockets back.
    sendAll(encoded(.init(kind: 1, id: 2)), to: peer)
    fixture.wait("a message after the work") { recorder.frameCount == 2 }
    #expect(wasDeliveredOnLoop.isSet)
    #expect(recorder.overlapCount.load(ordering: .relaxed) == 0)
  }

  @Test func busyJobDelaysMessagesByAFewTicksAtMost() throws {
    let fixture = try LoopWithPeer()
    let (loop, recorder, peer) = (fixture.loop, fixture.recorder, fixture.peer.raw)
    nonisolated(unsafe) var delays: [UInt64] = []
    recorder.onBatch = { (batch, _) throws(TransportError) in
      let now = cray_now_ns()
      for frame in batch { delays.append(now - frame.id) }
    }
    let isDone = Flag()
    loop.execute {
      let end = cray_now_ns() + 200_000_000
      var next = cray_now_ns()
      while cray_now_ns() < end {
        guard cray_now_ns() >= next else { continue }
        sendAll(encoded(.init(kind: 1, id: cray_now_ns())), to: peer)
        next += 10_000_000
      }
      isDone.set()
    }
    fixture.wait("the end of the job") { isDone.isSet }
    fixture.loop.run(until: { recorder.frameCount >= 19 }, for: .seconds(5))
    let sorted = delays.sorted()
    // Generous against a crowded machine; without the helper the median would be 100 ms.
    #expect(sorted[sorted.count / 2] < 20_000_000, "delays in ns: \(sorted)")
    #expect(loop.takeoverCount == 1)
  }

  @Test func continuationsResumedByTheHelperRunOnTheLoopsThread() throws {
    let fixture = try LoopWithPeer()
    let (loop, recorder, peer) = (fixture.loop, fixture.recorder, fixture.peer.raw)
    let waiter = Waiter()
    recorder.onBatch = { (_, _) throws(TransportError) in waiter.resume() }
    let isDone = Flag()
    let resumedOnLoop = Flag()
    Task(executorPreference: loop) {
      await waiter.wait {
        loop.execute {
          sendAll(encoded(.init(kind: 1, id: 1)), to: peer)
          _ = Self.compute(until: { recorder.frameCount == 1 })
        }
      }
      if loop.isOnLoopThread { resumedOnLoop.set() }
      isDone.set()
    }
    fixture.wait("the task") { isDone.isSet }
    #expect(resumedOnLoop.isSet)
    #expect(loop.takeoverCount == 1)
  }

  @Test func helperSendsWhatALongJobAppends() throws {
    let fixture = try LoopWithPeer()
    let (loop, connection, peer) = (fixture.loop, fixture.connection, fixture.peer.raw)
    let arrived = Flag()
    let isDone = Flag()
    loop.execute {
      loop.enteringLongWork()
      for id in 0..<3 as Range<UInt64> {
        _ = try? connection.append(FrameHeader(kind: 1, id: id))
        if receiveAll(16, from: peer).count != 16 { return isDone.set() }
      }
      arrived.set()
      isDone.set()
    }
    fixture.wait("the job") { isDone.isSet }
    #expect(arrived.isSet)
  }

  @Test func timersFireWhileAJobKeepsTheThread() throws {
    let fixture = try LoopWithPeer()
    let loop = fixture.loop
    let fired = Flag()
    let wasInTime = Flag()
    let isDone = Flag()
    loop.execute {
      loop.schedule(after: .milliseconds(1)) { fired.set() }
      if Self.compute(until: { fired.isSet }) { wasInTime.set() }
      isDone.set()
    }
    fixture.wait("the job") { isDone.isSet }
    #expect(wasInTime.isSet)
  }

  @Test func manyShortJobsInARowDoNotStarveTheSockets() throws {
    let fixture = try LoopWithPeer()
    let (loop, recorder, peer) = (fixture.loop, fixture.recorder, fixture.peer.raw)
    let (jobs, ended) = (Counter(), Counter())
    // The queue never empties by itself, and a full turn of it takes a third of a second.
    for _ in 0..<300 {
      Task(executorPreference: loop) {
        while recorder.frameCount == 0 && jobs.value < 10_000 {
          jobs.add()
          let end = cray_now_ns() + 1_000_000
          while cray_now_ns() < end {}
          await Task.yield()
        }
        ended.add()
      }
    }
    sendAll(encoded(.init(kind: 1, id: 1)), to: peer)
    fixture.wait("the message") { ended.value == 300 }
    #expect(recorder.frameCount == 1)
    #expect(jobs.value < 200, "the message waited for \(jobs.value) jobs")
  }

  @Test func loopWithoutHelperDeliversAfterTheJob() throws {
    var configuration = EventLoop.Configuration()
    configuration.isHelperEnabled = false
    let fixture = try LoopWithPeer(loop: configuration)
    let peer = fixture.peer.raw
    fixture.loop.execute { sendAll(encoded(.init(kind: 1, id: 1)), to: peer) }
    fixture.wait("the message") { fixture.recorder.frameCount == 1 }
    #expect(fixture.loop.takeoverCount == 0)
  }
}
