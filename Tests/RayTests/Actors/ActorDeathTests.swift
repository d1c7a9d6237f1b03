import Ray
import RayTesting
import Testing

@Remote private func slowStart(_ gate: ActorHandle<Gate>) async throws -> Int {
  try await gate.passed.remote().value
  return 1
}

@RemoteActor actor Sleeper {
  init() {}
  func hold(_ gate: ActorHandle<Gate>) async throws -> Int {
    try await gate.passed.remote().value
    return 1
  }
  func process() -> Int32 { ownProcessIdentifier }
}

extension RayConformance {
  @Suite(.ray(cpus: 4)) struct ActorDeath {
    @Test func aFailedConstructorFailsEveryCallWithItsCause() async throws {
      let counter = try Counter.remote(from: -1)
      for _ in 0..<2 {
        let error = await expectRayError(.actorDied, "negative") { _ = try await counter.get.remote().value }
        #expect(error?.cause != nil)
      }
    }

    @Test func killingEndsCallsInFlightAndLaterOnes() async throws {
      let gate = try Gate.remote()
      let sleeper = try Sleeper.remote()
      let held = try sleeper.hold.remote(gate)
      try await gate.arrived.remote(count: 1).value
      try await Ray.kill(sleeper)
      await expectRayError(.actorDied) { _ = try await held.value }
      await expectRayError(.actorDied) { _ = try await sleeper.process.remote().value }
    }

    @Test(.embeddedOnly("Ray does not tell which signal ended a worker")) func anActorWhoseProcessCrashesIsDeadAndSaysWhy()
      async throws
    {
      let counter = try Counter.remote()
      await expectRayError(.actorDied, "SIGKILL") { try await counter.crash.remote().value }
      await expectRayError(.actorDied, "SIGKILL") { _ = try await counter.get.remote().value }
    }

    @Test func theProcessEndsWithTheLastHandle() async throws {
      func makeAndDrop() async throws -> Int32 { try await Counter.remote().process.remote().value }
      let process = try await makeAndDrop()
      try await ProcessEnd.of(process)
    }

    @Test func callsMadeBeforeTheLastHandleIsDroppedStillRun() async throws {
      func submitAndDrop() throws -> [ObjectRef<Int>] {
        let counter = try Counter.remote()
        return try (1...20).map { _ in try counter.add.remote(1) }
      }
      #expect(try await Ray.get(try submitAndDrop()) == Array(1...20))
    }

    @Test func tenActorsAreCreatedAndKilledInARow() async throws {
      for i in 0..<10 {
        let counter = try Counter.remote(from: i)
        #expect(try await counter.get.remote().value == i)
        try await counter.kill()
      }
    }

    @Test func aRestartedActorStartsFromItsConstructor() async throws {
      let counter = try Counter.options(maxRestarts: 1).remote(from: 5)
      #expect(try await counter.add.remote(1).value == 6)
      #expect(try await counter.isReconstructed.remote().value == false)
      let first = try await counter.process.remote().value
      _ = try? await counter.crash.remote().value
      let again = counter.process.options(maxRetries: -1)
      #expect(try await again.remote().value != first)
      #expect(try await counter.get.remote().value == 5)
      #expect(try await counter.isReconstructed.remote().value == true)
      _ = try? await counter.crash.remote().value
      await expectRayError(.actorDied) { _ = try await again.remote().value }
    }

    @Test func callsAreRepeatedAfterARestartWhenAllowed() async throws {
      let counter = try AttemptCounter.remote()
      let fragile = try Fragile.options(maxRestarts: 3, maxTaskRetries: 3).remote()
      #expect(try await fragile.crashUntil.remote(attempt: 3, counter).value == 3)
    }

    @Test func killWithRestartStartsTheActorAgain() async throws {
      let counter = try Counter.options(maxRestarts: 1, maxTaskRetries: -1).remote(from: 1)
      _ = try await counter.add.remote(1).value
      let first = try await counter.process.remote().value
      try await Ray.kill(counter, noRestart: false)
      #expect(try await counter.process.remote().value != first)
      #expect(try await counter.get.remote().value == 1)
    }

    @Test func aDeadActorNamesNoOneElsesHandles() async throws {
      let (a, b) = (try Counter.remote(), try Counter.remote(from: 3))
      try await a.kill()
      #expect(try await b.get.remote().value == 3)
    }
  }
}

@RemoteActor final class Fragile {
  init() {}
  func crashUntil(attempt: Int, _ counter: ActorHandle<AttemptCounter>) async throws -> Int {
    let now = try await counter.next.remote().value
    if now < attempt { WorkerProcess.crash() }
    return now
  }
}
