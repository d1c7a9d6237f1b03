internal import RayOwnership
internal import RayProtocol
internal import Testing

/// Who keeps an object alive while references to it travel. Stations: 0 calls 1; 2 owns.
@Suite struct BorrowingTests {
  @Test func aBorrowIsCountedBeforeTheArgumentsPinIsDropped() throws {
    let bench = Bench(2)
    let object = bench.put(0)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let result = bench.submit(0, queue, nested: [object])
    bench[0].release(object)
    bench.settle()
    let call = try #require(bench.start(1))
    bench[1].adopt(object, call: call)
    bench.finish(1, call)
    bench.settle()
    #expect(bench[0].census.ownedObjects == 2, "the worker's variable keeps the argument")
    bench[1].release(object)
    bench[0].release(result)
    bench.settle()
    #expect(bench.isEmpty)
  }

  @Test func aForeignReferenceIsRegisteredBeforeTheReplyLeaves() throws {
    let bench = Bench(3)
    let (object, result, call) = try lend(bench)
    bench.hold(from: 1, to: 2)
    bench.finish(1, call)
    bench.settle()
    #expect(bench.look(0, result) == "pending")
    bench.release(from: 1, to: 2)
    #expect(bench.look(0, result) == "value")
    expectThatStation1Holds(object, result, on: bench)
  }

  @Test func anExecutorThatDiesBeforeItsReplyIsMergedLeavesNoHold() throws {
    let bench = Bench(3)
    let (object, result, call) = try lend(bench)
    bench.hold(from: 1, to: 0)
    bench.finish(1, call)
    bench.settle()
    bench.kill(1)
    bench[0].workerDied(Bench.id(1), cause: RayError(.workerCrashed, "killed"))
    #expect(bench.look(0, result) == "workerCrashed")
    bench[0].release(result)
    bench[0].release(object)
    bench[2].release(object)
    bench.settle()
    #expect(bench.isEmpty)
  }

  /// A hold that a delayed reply announces came back before the reply: the owner counted it for ever.
  @Test func aHoldIsNotReturnedBeforeTheReplyThatAnnouncesIt() throws {
    let bench = Bench(3)
    let own = bench.put(0)
    let foreign = bench.put(2)
    bench[0].adopt(foreign)
    bench.settle()
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let result = bench.submit(0, queue, nested: [own, foreign])
    bench.settle()
    let call = try #require(bench.start(1))
    bench[1].adopt(own, call: call)
    bench[1].adopt(foreign, call: call)
    bench.hold(from: 1, to: 2)
    bench.finish(1, call)
    bench[1].release(own)
    bench.settle()
    bench.release(from: 1, to: 2)
    bench[1].release(foreign)
    bench[0].release(foreign)
    bench[2].release(foreign)
    bench[0].release(own)
    bench[0].release(result)
    bench.settle()
    #expect(bench.isEmpty)
  }

  @Test func aReferenceInAResultSurvivesUntilTheCallerIsRegistered() throws {
    let bench = Bench(3)
    let (object, result, call) = try lend(bench)
    bench.hold(from: 0, to: 2)
    bench[0].release(object)
    bench[2].release(object)
    bench.finish(1, call, references: [object])
    bench[1].release(object)
    bench.settle()
    #expect(bench[2].census.ownedObjects == 1)
    #expect(bench[1].census.transitPins <= 1)
    bench.release(from: 0, to: 2)
    #expect(bench[1].census.transitPins == 0)
    bench[0].adopt(object, source: result)
    bench[0].release(result)
    bench[0].fetch(object)
    bench.settle()
    #expect(bench.look(0, object) == "value")
    bench[0].release(object)
    bench.settle()
    #expect(bench.isEmpty)
  }

  @Test func aBorrowerPassesAReferenceOn() throws {
    let bench = Bench(4)
    let (object, result, outer) = try lend(bench)
    let queue = bench.queue(1)
    bench.grant(2, to: 1, on: 3)
    let inner = bench.submit(1, queue, nested: [object])
    bench[1].release(object)
    bench.settle()
    let call = try #require(bench.start(3))
    bench[3].adopt(object, call: call)
    bench.finish(1, outer)
    bench.finish(3, call)
    bench[0].release(object)
    bench[2].release(object)
    bench.settle()
    bench[3].fetch(object)
    bench.settle()
    #expect(bench.look(3, object) == "value")
    bench[3].release(object)
    bench[1].release(inner)
    bench[0].release(result)
    bench.settle()
    #expect(bench.isEmpty)
  }

  /// An error that has been read is no reason to let go of the object: somebody else may be told of it.
  @Test func anObjectThatFailedIsHeldAsAnyOther() throws {
    let bench = Bench(3)
    let (object, result, call) = try lend(bench, bench.putFailed(2, RayError(.taskFailed, "no")))
    bench[1].fetch(object)
    bench.settle()
    #expect(bench.look(1, object) == "taskFailed")
    bench.finish(1, call)
    expectThatStation1Holds(object, result, on: bench)
  }

  @Test func theOwnersDeathFailsWhatWasNotRead() {
    let bench = Bench(2)
    let object = bench.put(1)
    bench[0].adopt(object)
    bench.settle()
    bench.kill(1)
    #expect(bench.look(0, object) == "ownerDied")
    bench[0].release(object)
    #expect(bench.isEmpty)
  }

  /// Whoever stored it frees it when its owner dies: the descriptor leads nowhere from then on.
  @Test func aStoredValueGoesWithItsOwner() {
    let bench = Bench(2)
    let object = bench[1].put(bench.stored(1, by: 1))
    bench[0].adopt(object)
    bench[0].fetch(object)
    bench.settle()
    #expect(bench.look(0, object) == "stored 1")
    bench.kill(1)
    #expect(bench.look(0, object) == "ownerDied")
    bench[0].release(object)
    #expect(bench.isEmpty)
  }

  @Test func aReferenceOfADeadOwnerSaysSo() {
    let bench = Bench(2)
    let object = bench.put(1)
    bench.kill(1)
    bench[0].adopt(object)
    #expect(bench.look(0, object) == "ownerDied")
    bench[0].release(object)
    #expect(bench.isEmpty)
  }

  /// Holds and pins were counted for a process whose entries had been cleared already.
  @Test func aResultForADeadCallerKeepsNothingAlive() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    _ = bench.submit(0, queue)
    _ = bench.submit(0, queue)
    bench.settle()
    let call = try #require(bench.start(1))
    let inner = bench.put(1)
    bench.kill(0)
    bench[1].finish(call, flags: 0, parts: [bench.stored(7, by: 1, references: [inner])], duration: 1)
    bench[1].release(inner)
    #expect(bench.isEmpty)
    #expect(bench.stations[1].freed.map(\.words.0) == [7])
  }

  @Test func aStoredResultIsFreedOnceWhoeverDies() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    for number in UInt64(1)...2 {
      let result = bench.submit(0, queue)
      bench.settle()
      bench.finishStored(1, try #require(bench.start(1)), number)
      bench.settle()
      #expect(bench.look(0, result) == "stored \(number)")
      if number == 1 { bench[0].release(result) }
      bench.settle()
    }
    #expect(bench.stations[1].freed.map(\.words.0) == [1])
    bench.kill(0)
    // A broken connection is no proof: the node says who died.
    #expect(bench.stations[1].freed.map(\.words.0) == [1])
    bench[1].workerDied(Bench.id(0), cause: RayError(.workerCrashed, "killed"))
    #expect(bench.stations[1].freed.map(\.words.0) == [1, 2])
  }

  /// What ``lend(_:_:)`` made: all others let go of the object, then station 1, and nothing is left.
  private func expectThatStation1Holds(
    _ object: ObjectID, _ result: ObjectID, on bench: Bench, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    bench[0].release(object)
    bench[2].release(object)
    bench.settle()
    #expect(bench[2].census.ownedObjects == 1, "station 1 still holds it", sourceLocation: sourceLocation)
    bench[1].release(object)
    bench[0].release(result)
    bench.settle()
    #expect(bench.isEmpty, sourceLocation: sourceLocation)
  }

  /// Station 0 has a reference of station 2's object and passes it to a call that station 1 runs.
  private func lend(
    _ bench: Bench, _ object: ObjectID? = nil
  ) throws -> (object: ObjectID, result: ObjectID, call: ExecutionCall) {
    let object = object ?? bench.put(2)
    bench[0].adopt(object)
    bench.settle()
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let result = bench.submit(0, queue, nested: [object])
    bench.settle()
    let call = try #require(bench.start(1))
    bench[1].adopt(object, call: call)
    return (object, result, call)
  }
}
