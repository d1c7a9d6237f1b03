import Ray
import RayTesting
import Testing

@Remote private func addThroughUntyped(_ actor: AnyActorHandle, _ x: Int) async throws -> Int {
  try await actor.call("add(_:)", x, returning: Int.self).value
}
@Remote private func addThroughTyped(_ actor: ActorHandle<Counter>, _ x: Int) async throws -> Int {
  try await actor.add.remote(x).value
}

@RemoteActor final class Collider {
  func `kill`() -> String { "kill" }
  func `id`() -> String { "id" }
  func `methods`() -> String { "methods" }
}

extension RayConformance {
  @Suite(.ray(cpus: 4)) struct AnyActors {
    private static let full = "RayTests.Counter.add(_:)"

    @Test func anActorIsCreatedAndCalledByName() async throws {
      let counter = try Ray.actorClass(named: "RayTests.Counter").remote(10)
      #expect(counter.className == "RayTests.Counter")
      #expect(try await counter.call(Self.full, 5, returning: Int.self).value == 15)
      #expect(try await counter.call("RayTests.Counter.add(_:times:)", 1, 5).value == 20)
      #expect(try await counter.call("get").value == 20)
      try await counter.call("reset", returning: Void.self).value
      #expect(try await counter.method(named: "both").split(into: 2)[1].value == 6)
    }

    @Test func callsByNameAndTypedCallsKeepTheirOrder() async throws {
      let counter = try Counter.remote()
      let dynamic = AnyActorHandle(counter)
      var refs: [ObjectRef<Int>] = []
      for i in 1...20 {
        refs.append(i % 2 == 0 ? try counter.add.remote(i) : try dynamic.call("add(_:)", i, returning: Int.self))
      }
      #expect(try await dynamic.call("record", returning: [Int].self).value == (1...20).map { n in n * (n + 1) / 2 })
      #expect(try await Ray.get(refs).last == 210)
    }

    @Test func handlesOfEitherKindAreTheSameValue() async throws {
      let counter = try Counter.remote()
      #expect(try await $addThroughUntyped.remote(AnyActorHandle(counter), 1).value == 1)
      #expect(try await Ray.function(named: "addThroughTyped").remote(AnyActorHandle(counter), 1).value == 2)
      #expect(try await Ray.function(named: "addThroughUntyped").remote(counter, 1).value == 3)
      #expect(try AnyActorHandle(counter).typed(as: Counter.self) == counter)
      let error = await expectRayError(.actorTypeMismatch) { _ = try AnyActorHandle(counter).typed(as: Meeting.self) }
      #expect(error?.message.contains("RayTests.Counter, not a RayTests.Meeting") == true)
    }

    @Test func anUntypedHandleAloneKeepsTheActorAlive() async throws {
      let handle = AnyActorHandle(try Counter.remote(from: 1))
      #expect(try await handle.call("get").value == 1)
    }

    @Test func aNamedActorIsFoundWithoutItsType() async throws {
      let counter = try Ray.actorClass(named: "RayTests.Counter").with { $0.name = "found untyped" }.remote(1)
      #expect(try await counter.call("get").value == 1)
      let found = try await Ray.actor(named: "found untyped")
      #expect(found == counter)
      #expect(try await found.call("add(_:)", 1).value == 2)
      try await found.kill()
      await expectRayError(.actorDied) { _ = try await counter.call("get").value }
      await expectRayError(.actorNotFound) { _ = try await Ray.actor(named: "found untyped") }
    }

    @Test func aStreamingMethodIsCalledByName() async throws {
      let counter = AnyActorHandle(try Counter.remote())
      var elements: [Int] = []
      for try await element in try counter.method(named: "upTo").stream(4, of: Int.self).values { elements.append(element) }
      #expect(elements == [0, 1, 2, 3])
      await expectRayError(.invalidArgument, "streams its results") { _ = try await counter.call("upTo", 4).value }
    }

    // MARK: Misuse

    @Test func unknownNamesSuggestOthers() async throws {
      let counter = AnyActorHandle(try Counter.remote())
      await expectRayError(
        .unknownFunction, "no remote method 'rest' in RayTests.Counter; did you mean 'RayTests.Counter.reset()'"
      ) { _ = try await counter.call("rest").value }
      await expectRayError(.unknownFunction, "'add' could be any of") { _ = try await counter.call("add", 1).value }
      await expectRayError(.unknownFunction) { _ = try await counter.call("hidden").value }
      await expectRayError(.unknownActorClass, "did you mean 'RayTests.Collider'?") { _ = try Ray.actorClass(named: "Colider") }
      await expectRayError(.unknownActorClass, "'Counter' could be any of") { _ = try Ray.actorClass(named: "Counter") }
      #expect(try await counter.call("get").value == 0)
    }

    @Test func wrongArgumentsAreTold() async throws {
      let counter = AnyActorHandle(try Counter.remote())
      await expectRayError(.invalidArgument, "add(_:) takes 1 argument (Int), the call has 2") {
        _ = try await counter.call("add(_:)", 1, 2).value
      }
      await expectRayError(.decodingFailed, "add(_:): argument 0 (Int) expected Int, found true") {
        _ = try await counter.call("add(_:)", true).value
      }
      #expect(try await counter.call("get").value == 0)
    }

    @Test func aConstructionThatDoesNotFitFailsTheActor() async throws {
      let few = try Ray.actorClass(named: "RayTests.Counter").remote()
      await expectRayError(.actorDied, "takes 1 argument (from: Int), the call has 0") { _ = try await few.call("get").value }
      let wrong = try Ray.actorClass(named: "RayTests.Counter").remote("ten")
      await expectRayError(.actorDied, "expected Int, found a string") { _ = try await wrong.call("get").value }
    }

    // MARK: Names that handles have themselves

    @Test func methodsWithNamesOfTheHandleAreReachedThroughMethods() async throws {
      let collider = try Collider.remote()
      #expect(try await collider.methods.kill.remote().value == "kill")
      #expect(try await collider.methods.id.remote().value == "id")
      #expect(try await collider.methods.methods.remote().value == "methods")
    }
  }
}
