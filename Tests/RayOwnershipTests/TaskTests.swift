internal import RayOwnership
internal import RayProtocol
internal import Testing

/// Retries, cancellation, lanes and demands of one caller (station 0) and its workers.
@Suite struct TaskTests {
  private func crash(_ bench: Bench, _ worker: Int) {
    bench.kill(worker)
    bench[0].workerDied(Bench.id(worker), cause: RayError(.workerCrashed, "killed"))
  }

  @Test(arguments: [Int32(0), 1, 3]) func aTaskRunsAgainAsOftenAsItMay(retries: Int32) throws {
    let bench = Bench(6)
    let queue = bench.queue(0)
    let result = bench.submit(0, queue, retries: retries)
    var starts = 0
    for worker in 1...5 where bench.look(0, result) == "pending" {
      bench.grant(UInt64(worker), to: 0, on: worker)
      bench.settle()
      if bench.start(worker) != nil { starts += 1 }
      crash(bench, worker)
    }
    #expect(starts == Int(retries) + 1)
    #expect(bench.look(0, result) == "workerCrashed")
  }

  @Test func thrownErrorsAreRetriedOnlyWhenAsked() throws {
    for isAsked in [false, true] {
      let bench = Bench(2)
      let queue = bench.queue(0)
      bench.grant(1, to: 0, on: 1)
      let result = bench.submit(0, queue, retries: 1, retryThrown: isAsked)
      bench.settle()
      var starts = 0
      while let call = bench.start(1) {
        starts += 1
        SimulatedError.encode(RayError(.taskFailed, "thrown")).withUnsafeBytes {
          bench[1].finish(call, flags: FrameFlag.failed | FrameFlag.thrown, inline: $0, duration: 1)
        }
        bench.settle()
      }
      #expect(starts == (isAsked ? 2 : 1))
      #expect(bench.look(0, result) == "taskFailed")
    }
  }

  /// Two leases of one worker take turns: its suspended task and the one that runs have both started.
  @Test func theOldestTaskOfEachLeaseCountsAsStarted() throws {
    let bench = Bench(3)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let first = bench.submit(0, queue)
    bench.settle()
    _ = try #require(bench.start(1))
    bench.grant(2, to: 0, on: 1)
    let second = bench.submit(0, queue)
    bench.settle()
    _ = try #require(bench.start(1))
    crash(bench, 1)
    #expect(bench.look(0, first) == "workerCrashed")
    #expect(bench.look(0, second) == "workerCrashed")
  }

  @Test func aTaskThatMayRunOnceIsNeverSentBehindAnother() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    _ = bench.submit(0, queue)
    bench.settle()
    bench.finish(1, try #require(bench.start(1)))
    bench.settle()
    for _ in 0..<3 { _ = bench.submit(0, queue) }
    bench.settle()
    #expect(bench.start(1) != nil)
    #expect(bench.start(1) == nil)
    let other = Bench(2)
    let otherQueue = other.queue(0)
    other.grant(1, to: 0, on: 1)
    _ = other.submit(0, otherQueue, retries: 3)
    other.settle()
    other.finish(1, try #require(other.start(1)))
    other.settle()
    for _ in 0..<3 { _ = other.submit(0, otherQueue, retries: 3) }
    other.settle()
    #expect(other.start(1) != nil && other.start(1) != nil && other.start(1) != nil, "others travel ahead")
  }

  @Test func aCancelledTaskThatHasNotStartedIsDropped() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    let queued = bench.submit(0, queue)
    bench[0].cancel(queued, force: false, recursive: false)
    #expect(bench.look(0, queued) == "taskCancelled")
    bench.grant(1, to: 0, on: 1)
    let sent = bench.submit(0, queue)
    bench.settle()
    bench[0].cancel(sent, force: false, recursive: false)
    bench.settle()
    #expect(bench.start(1) == nil)
    #expect(bench.look(0, sent) == "taskCancelled")
  }

  @Test func aRunningCallIsToldOnceAndByForceAgain() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let result = bench.submit(0, queue)
    bench.settle()
    let call = try #require(bench.start(1))
    for force in [false, false, true] { bench[0].cancel(result, force: force, recursive: false) }
    bench.settle()
    #expect(bench[1].cancellations.map(\.force) == [false, true])
    #expect(call.isCancelled)
  }

  /// The cancellation and the stolen task cross each other.
  @Test func aCancelledTaskThatWasStolenIsNotSentAgain() throws {
    let bench = Bench(3)
    let queue = bench.queue(0)
    let results = try fill(bench, queue)
    bench[0].now = 10_000_000
    bench.hold(from: 1, to: 0)
    bench.grant(2, to: 0, on: 2)
    bench.settle()
    #expect(bench.waiting(from: 1, to: 0).contains(.stolen))
    for result in results.dropFirst() { bench[0].cancel(result, force: false, recursive: false) }
    bench.settle()
    bench.release(from: 1, to: 0)
    #expect(bench.start(2) == nil)
    for result in results.dropFirst() { #expect(bench.look(0, result) == "taskCancelled") }
  }

  @Test func anIdleWorkerTakesWhatWaitsBehindASlowOne() throws {
    let bench = Bench(3)
    let queue = bench.queue(0)
    _ = try fill(bench, queue)
    bench[0].now = 10_000_000
    bench.grant(2, to: 0, on: 2)
    bench.settle()
    #expect(bench.start(2) != nil)
  }

  @Test func aReclaimedLeaseReturnsAfterTheTaskThatRuns() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    _ = bench.submit(0, queue)
    bench.settle()
    let call = try #require(bench.start(1))
    bench[0].leaseReclaimed(1)
    #expect(bench.stations[0].returned.isEmpty)
    bench.finish(1, call)
    bench.settle()
    #expect(bench.stations[0].returned == [1])
  }

  /// The node counts a lease until it is returned; a demand that did not was one too small, for ever if the task on that lease
  /// waited for the queued one.
  @Test func aReclaimedLeaseStillCountsWhileItsTaskRuns() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    _ = bench.submit(0, queue)
    bench.settle()
    bench[0].leaseReclaimed(1)
    _ = bench.submit(0, queue)
    bench.settle()
    #expect(bench.stations[0].wanted.last == 2)
  }

  @Test func aRepeatedGrantIsNoSecondLease() {
    let bench = Bench(2)
    _ = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    bench.grant(1, to: 0, on: 1)
    #expect(bench[0].census.leases == 1)
  }

  /// Tasks submitted in answer to a refusal were counted below the demand that had been refused.
  @Test func aRefusedDemandIsWithdrawnSoThatTheNextIsJudgedAnew() {
    let bench = Bench(1)
    let queue = bench.queue(0)
    for _ in 0..<5 { _ = bench.submit(0, queue) }
    _ = bench[0].takeDirtyPeers()
    #expect(bench.stations[0].wanted == [5])
    bench[0].classInfeasible(0, "no such resource")
    _ = bench.submit(0, queue)
    _ = bench[0].takeDirtyPeers()
    #expect(bench.stations[0].wanted == [5, 0, 1])
  }

  @Test func anActorReleasedBeforeItsArgumentsCameLeavesNothing() {
    let bench = Bench(1)
    let queue = bench.queue(0)
    let argument = bench.submit(0, queue)
    let kept = bench.put(0)
    let actor = bench[0].createActor(
      ActorSpec(id: ActorID(creator: Bench.id(0), index: 0), className: "A"), direct: [argument], nested: [kept])
    bench[0].release(kept)
    bench[0].release(ObjectID(owner: actor.creator, index: actor.index))
    #expect(bench.stations[0].releasedActors == [actor])
    #expect(bench[0].census.ownedObjects == 1, "the argument's task goes on, nothing else is left")
  }

  @Test func anActorCallsItself() throws {
    let bench = Bench(2)
    let actor = ActorID(creator: Bench.id(0), index: 1 << 32)
    bench[1].adopt(ObjectID(owner: actor.creator, index: actor.index))
    let function = bench[1].functionKey(named: "m")
    let result = bench[1].submit(
      TaskSubmission(queue: nil, actor: actor, function: function, arguments: .init(start: nil, count: 0)))
    bench[1].actorChanged(actor, .alive(worker: Bench.id(1), restartCount: 0))
    bench.finish(1, try #require(bench.start(1)))
    #expect(bench.look(1, result) == "value")
  }

  /// One task runs on station 1 and two wait behind it.
  private func fill(_ bench: Bench, _ queue: TaskQueue) throws -> [ObjectID] {
    bench.grant(1, to: 0, on: 1)
    _ = bench.submit(0, queue, retries: 3)
    bench.settle()
    bench.finish(1, try #require(bench.start(1)))
    bench.settle()
    let results = (0..<3).map { _ in bench.submit(0, queue, retries: 3) }
    bench.settle()
    _ = try #require(bench.start(1))
    return results
  }
}
