import Ray
import RayTesting
import Testing

@Remote private func addByName(_ name: String, _ x: Int) async throws -> Int {
  try await Ray.actor(named: name, as: Counter.self).add.remote(x).value
}

@Remote private func addOnce(_ counter: ActorHandle<Counter>) async throws -> Int { try await counter.add.remote(1).value }

@RemoteActor private final class Survivor {
  /// Dies in its first life, tells in its second.
  func crashOnce() -> Bool {
    if !Ray.context.wasCurrentActorReconstructed { WorkerProcess.crash() }
    return true
  }
}
@Remote private func joinOrCreate(_ name: String) async throws -> [String] {
  let counter = try Counter.options(name: name, getIfExists: true).remote()
  _ = try await counter.add.remote(1).value
  return ["\(try await counter.process.remote().value)"]
}

extension RayConformance {
  @Suite(.ray(cpus: 4, namespace: "home")) struct NamedActors {
    @Test func aNamedActorIsFoundHereAndInWorkers() async throws {
      let counter = try Counter.options(name: "total").remote(from: 1)
      #expect(try await counter.add.remote(1).value == 2)
      let found = try await Ray.actor(named: "total", as: Counter.self)
      #expect(found == counter)
      #expect(try await found.add.remote(1).value == 3)
      #expect(try await $addByName.remote("total", 4).value == 7)
    }

    @Test func anUnknownNameIsReported() async throws {
      await expectRayError(.actorNotFound, "nobody") { _ = try await Ray.actor(named: "nobody", as: Counter.self) }
      await expectRayError(.invalidArgument) { _ = try await Ray.actor(named: "", as: Counter.self) }
      await expectRayError(.invalidArgument) { _ = try Counter.options(name: "").remote() }
    }

    @Test func anotherClassIsReported() async throws {
      let counter = try Counter.options(name: "counter").remote()
      _ = try await counter.get.remote().value
      await expectRayError(.actorTypeMismatch, "Counter") { _ = try await Ray.actor(named: "counter", as: Meeting.self) }
    }

    @Test func aTakenNameIsReported() async throws {
      let first = try Counter.options(name: "one").remote(from: 1)
      _ = try await first.get.remote().value
      // A cluster says so at once, the embedded engine with the first call.
      await expectRayError(.actorNameTaken, "another live actor") {
        let second = try Counter.options(name: "one").remote(from: 2)
        #expect(ConformanceEngine.current == .embedded)
        _ = try await second.get.remote().value
      }
      #expect(try await first.get.remote().value == 1)
    }

    @Test func getIfExistsGivesTheSameActor() async throws {
      let first = try Counter.options(name: "shared", getIfExists: true).remote(from: 1)
      #expect(try await first.add.remote(1).value == 2)
      let second = try Counter.options(name: "shared", getIfExists: true).remote(from: 100)
      #expect(try await second.add.remote(1).value == 3)
      await expectRayError(.invalidArgument) { _ = try Counter.options(getIfExists: true).remote() }
    }

    @Test func getIfExistsOfAnotherClassIsReported() async throws {
      let first = try Counter.options(name: "taken by a counter").remote(from: 1)
      await expectRayError(.actorTypeMismatch, "Survivor") {
        _ = try await Survivor.options(name: "taken by a counter", getIfExists: true).remote().crashOnce.remote().value
      }
      #expect(try await first.add.remote(1).value == 2)
    }

    @Test func aHandleOfWhatExistedIsGoodInOtherProcesses() async throws {
      let first = try Counter.options(name: "lent").remote(from: 1)
      let second = try Counter.options(name: "lent", getIfExists: true).remote(from: 100)
      #expect(try await $addOnce.remote(second).value == 2)
      #expect(try await $addOnce.remote(second).value == 3)
      try await second.kill()
      await expectRayError(.actorDied) { _ = try await first.get.remote().value }
    }

    /// Whoever comes first creates it, the others get it, in whatever process they are.
    @Test(arguments: 0..<5) func everybodyGetsTheSameActorAtOnce(_ round: Int) async throws {
      let name = "contested \(round)"
      // Somebody has to keep it alive between the others.
      let kept = try Counter.options(name: name, getIfExists: true).remote()
      let processes = try await Ray.get(try (0..<12).map { _ in try $joinOrCreate.remote(name) })
      #expect(Set(processes).count == 1)
      #expect(try await kept.get.remote().value == 12)
    }

    @Test func aHandleFoundByNameKeepsTheLimitsOfTheActor() async throws {
      let gate = try Gate.options(name: "limited", maxConcurrency: 10, maxPendingCalls: 2).remote()
      let found = try await Ray.actor(named: "limited", as: Gate.self)
      let waiting = try (0..<2).map { _ in try found.passed.remote() }
      await expectRayError(.pendingCallsLimitExceeded) { _ = try found.passed.remote() }
      try await gate.kill()
      for ref in waiting { _ = try? await ref.value }
    }

    @Test func callsThroughAHandleFoundByNameAreRepeatedAsTheActorSays() async throws {
      let survivor = try Survivor.options(name: "survivor", maxRestarts: -1, maxTaskRetries: -1).remote()
      let found = try await Ray.actor(named: "survivor", as: Survivor.self)
      #expect(try await found.crashOnce.remote().value)
      _ = survivor
    }

    @Test func aNameIsFreeAgainAfterDeath() async throws {
      let first = try Counter.options(name: "again").remote(from: 1)
      #expect(try await first.get.remote().value == 1)
      try await first.kill()
      await expectRayError(.actorDied) { _ = try await first.get.remote().value }
      let second = try Counter.options(name: "again").remote(from: 2)
      #expect(try await second.get.remote().value == 2)
    }

    @Test func namespacesKeepNamesApart() async throws {
      let here = try Counter.options(name: "n").remote(from: 1)
      let there = try Counter.options(name: "n", namespace: "away").remote(from: 2)
      #expect(try await here.get.remote().value == 1)
      #expect(try await there.get.remote().value == 2)
      #expect(try await Ray.actor(named: "n", namespace: "away", as: Counter.self) == there)
      #expect(try await Ray.namedActors().map(\.name) == ["n"])
      #expect(try await Ray.namedActors(namespace: "away").map(\.namespace) == ["away"])
      #expect(Ray.context.namespace == "home")
    }

    @Test func aDetachedActorOutlivesItsHandles() async throws {
      func make() async throws {
        let counter = try Counter.options(name: "kept", lifetime: .detached).remote(from: 5)
        _ = try await counter.add.remote(1).value
      }
      try await make()
      let found = try await Ray.actor(named: "kept", as: Counter.self)
      #expect(try await found.get.remote().value == 6)
    }
  }
}
