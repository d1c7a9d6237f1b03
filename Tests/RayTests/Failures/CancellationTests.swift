import Ray
import RayTesting
import Testing

@Remote private func afterGate(_ gate: ActorHandle<Gate>, _ x: Int) async throws -> Int {
  try await gate.passed.remote().value
  return x
}
/// Arrives at the gate, then waits until it is cancelled, and tells by opening the second gate.
@Remote private func untilCancelled(_ started: ActorHandle<Gate>, _ ended: ActorHandle<Gate>) async throws -> Int {
  _ = try started.open.remote()
  do {
    while true { try await Task.sleep(for: .seconds(3600)) }
  } catch {
    _ = try ended.open.remote()
    throw error
  }
}
@Remote private func parent(_ started: ActorHandle<Gate>, _ ended: ActorHandle<Gate>) async throws -> Int {
  try await $untilCancelled.remote(started, ended).value
}
/// Ignores cancellation.
@Remote private func stubborn(_ started: ActorHandle<Gate>) throws -> Int {
  _ = try started.open.remote()
  blockForEver()
}
/// Never suspends, but looks.
@Remote private func watchful(_ started: ActorHandle<Gate>) throws -> Int {
  _ = try started.open.remote()
  while true { try Task.checkCancellation() }
}
@Remote private func watchfulThoughAsync(_ started: ActorHandle<Gate>) async throws -> Int {
  _ = try started.open.remote()
  while true { try Task.checkCancellation() }
}
@RemoteActor private final class Watchman {
  init() {}
  func watch(_ started: ActorHandle<Gate>) throws -> Int {
    _ = try started.open.remote()
    while !Task.isCancelled {}
    return 7
  }
}
@Remote(resources: ["slot": 1]) private func needsSlot(_ counter: ActorHandle<AttemptCounter>) async throws -> Int {
  try await counter.next.remote().value
}
@Remote(resources: ["slot": 1]) private func holdsSlot(_ gate: ActorHandle<Gate>) async throws -> Int {
  try await gate.passed.remote().value
  return 0
}
@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }

extension RayConformance {
  @Suite(.ray(resources: ["slot": 1])) struct Cancellation {
    @Test func aCallThatWaitsForItsArgumentsNeverStarts() async throws {
      let gate = try Gate.remote()
      let counter = try AttemptCounter.remote()
      let late = try $afterGate.remote(gate, 1)
      let dependent = try $add.remote(late, 1)
      try await Ray.cancel(dependent)
      await expectRayError(.taskCancelled) { _ = try await dependent.value }
      try await gate.open.remote().value
      #expect(try await late.value == 1)
      #expect(try await counter.total.remote().value == 0)
    }

    @Test func aCallThatWaitsForResourcesNeverStarts() async throws {
      let gate = try Gate.remote()
      let counter = try AttemptCounter.remote()
      let holder = try $holdsSlot.remote(gate)
      try await gate.arrived.remote(count: 1).value
      let waiting = try $needsSlot.remote(counter)
      try await waiting.cancel()
      await expectRayError(.taskCancelled) { _ = try await waiting.value }
      try await gate.open.remote().value
      _ = try await holder.value
      #expect(try await $needsSlot.remote(counter).value == 1)
    }

    @Test func aRunningCallSeesSwiftsCancellation() async throws {
      let (started, ended) = (try Gate.remote(), try Gate.remote())
      let ref = try $untilCancelled.remote(started, ended)
      try await started.passed.remote().value
      try await ref.cancel()
      await expectRayError(.taskCancelled) { _ = try await ref.value }
      try await ended.passed.remote().value
    }

    @Test func whatACancelledCallSubmittedIsCancelledToo() async throws {
      let (started, ended) = (try Gate.remote(), try Gate.remote())
      let ref = try $parent.remote(started, ended)
      try await started.passed.remote().value
      try await Ray.cancel(ref, recursive: true)
      await expectRayError(.taskCancelled) { _ = try await ref.value }
      try await ended.passed.remote().value
    }

    @Test func forceEndsCodeThatDoesNotListen() async throws {
      let started = try Gate.remote()
      let ref = try $stubborn.remote(started)
      try await started.passed.remote().value
      try await Ray.cancel(ref, force: true)
      do {
        _ = try await ref.value
        Issue.record("a call that never returns has returned")
      } catch let error as RayError {
        #expect([.taskCancelled, .workerCrashed].contains(error.code), "\(error)")
      }
      #expect(try await $add.remote(1, 2).value == 3)
    }

    @Test func cancellingAFinishedCallChangesNothing() async throws {
      let ref = try $add.remote(1, 2)
      #expect(try await ref.value == 3)
      try await Ray.cancel(ref)
      #expect(try await ref.value == 3)
    }

    @Test func cancellingTwiceIsHarmless() async throws {
      let (started, ended) = (try Gate.remote(), try Gate.remote())
      let ref = try $untilCancelled.remote(started, ended)
      try await started.passed.remote().value
      try await ref.cancel()
      try await ref.cancel()
      await expectRayError(.taskCancelled) { _ = try await ref.value }
    }

    @Test func aCancelledCallIsReadyForWait() async throws {
      let gate = try Gate.remote()
      let ref = try $add.remote(try $afterGate.remote(gate, 1), 1)
      try await ref.cancel()
      #expect(try await Ray.wait([ref]).ready == [ref])
      try await gate.open.remote().value
    }

    @Test func aHundredCancelledCallsLeaveTheWorkersUsable() async throws {
      let gate = try Gate.remote()
      let refs = try (0..<100).map { try $afterGate.remote(gate, $0) }
      for ref in refs { try await ref.cancel() }
      for ref in refs { await expectRayError(.taskCancelled) { _ = try await ref.value } }
      #expect(try await $add.remote(20, 22).value == 42)
    }
  }
}

extension RayConformance {
  @Suite(.ray()) struct CancellationOfBusyCalls {
    @Test(arguments: [false, true]) func aCallThatNeverSuspendsSeesIt(_ isAsync: Bool) async throws {
      let started = try Gate.remote()
      let ref = isAsync ? try $watchfulThoughAsync.remote(started) : try $watchful.remote(started)
      try await started.passed.remote().value
      try await ref.cancel()
      await expectRayError(.taskCancelled) { _ = try await ref.value }
      #expect(try await $add.remote(20, 22).value == 42, "the next call is not cancelled with it")
    }

    @Test(.embeddedOnly("Ray does not tell a running call of an actor that never waits"))
    func aMethodThatNeverSuspendsSeesIt() async throws {
      let started = try Gate.remote()
      let watchman = try Watchman.remote()
      let ref = try watchman.watch.remote(started)
      try await started.passed.remote().value
      try await ref.cancel()
      #expect(try await ref.value == 7)
    }
  }
}
