internal import RayNode
internal import RayProtocol
internal import Testing

extension ProcessTests {
  @Suite struct NodeActorTests {
    private func spec(
      _ driver: TestDriver, _ index: UInt64 = 1, _ className: String = "Counter", name: String? = nil, restarts: Int32 = 0
    )
      -> ActorSpec
    {
      ActorSpec(
        id: ActorID(creator: driver.id, index: index), className: className, name: name, namespace: "n",
        placementResources: ResourceSet(["CPU": 1]), restartCountMax: restarts)
    }

    private func alive(_ driver: TestDriver, _ actor: ActorID) async throws -> WorkerID {
      let state = try await driver.waitUntil(actor) { if case .alive = $0 { true } else { false } }
      guard case .alive(let worker) = state else { throw TestDriver.TimedOut(description: "\(state)") }
      return worker
    }

    private func dead(_ driver: TestDriver, _ actor: ActorID) async throws -> ActorDeathCause {
      let state = try await driver.waitUntil(actor) { if case .dead = $0 { true } else { false } }
      guard case .dead(let cause) = state else { throw TestDriver.TimedOut(description: "\(state)") }
      return cause
    }

    private func connect(_ driver: TestDriver, _ worker: WorkerID) async throws {
      driver.send(.connect(worker, isRepeated: false))
      _ = try await driver.event { if case .peer(worker) = $0 { true } else { nil } }
    }

    @Test func anActorLivesInAProcessOfItsOwn() async throws {
      try await withDriver { driver in
        let spec = spec(driver, name: "a")
        driver.send(.createActor(RequestID(1), spec))
        let registration = try await driver.event { if case .actorRegistered(RequestID(1), let r) = $0 { r } else { nil } }
        #expect(registration == .created)
        let worker = try await alive(driver, spec.id)
        try await connect(driver, worker)
        let answer = try await driver.command(worker, "echo from the actor")
        #expect(answer == "from the actor")
        try await driver.idle(2)
        driver.send(.findActor(RequestID(2), name: "a", namespace: "n"))
        let found = try await driver.event { if case .actorFound(RequestID(2), let entry) = $0 { .some(entry) } else { .none } }
        #expect(found == NamedActorEntry(id: spec.id, name: "a", namespace: "n", className: "Counter"))
        driver.send(.listActors(RequestID(3), namespace: nil))
        let list = try await driver.event { if case .actorList(RequestID(3), let list) = $0 { list } else { nil } }
        #expect(list.map(\.name) == ["a"])
        let census = try #require(driver.node.census())
        #expect(census.available[ResourceSet.cpu] == 2 * ResourceSet.unit, "by default an actor keeps no CPU")
      }
    }

    @Test func aCrashedActorIsRestartedAndThenDead() async throws {
      try await withDriver { driver in
        let spec = spec(driver, restarts: 1)
        driver.send(.createActor(.none, spec))
        let first = try await alive(driver, spec.id)
        try await connect(driver, first)
        try driver.order(first, "exit 9")
        #expect(try await driver.waitUntil(spec.id) { $0 == .restarting } == .restarting)
        let second = try await alive(driver, spec.id)
        #expect(second != first)
        try await connect(driver, second)
        try driver.order(second, "exit 8")
        guard case .workerDied(let death) = try await dead(driver, spec.id) else {
          Issue.record("wrong cause")
          return
        }
        #expect(death.exit == .exited(code: 8))
      }
    }

    @Test func aConstructorThatThrowsIsFinal() async throws {
      try await withDriver { driver in
        let spec = spec(driver, 1, "Throwing", restarts: -1)
        driver.send(.createActor(.none, spec))
        let cause = try await dead(driver, spec.id)
        #expect(cause == .creationFailed(Array("no luck".utf8)))
        try await driver.idle(2)
      }
    }

    @Test func aConstructorThatCrashesOnceIsRunAgainAfterAPause() async throws {
      try await withDriver(TestDriver.configuration { $0.actorRetryPause = .milliseconds(1) }) { driver in
        let spec = spec(driver, 1, "CrashingOnce", restarts: 2)
        driver.send(.createActor(.none, spec))
        _ = try await alive(driver, spec.id)
      }
    }

    @Test func aKilledActorFreesItsName() async throws {
      try await withDriver { driver in
        let spec = spec(driver, name: "a")
        driver.send(.createActor(.none, spec))
        _ = try await alive(driver, spec.id)
        let rival = self.spec(driver, 2, name: "a")
        driver.send(.createActor(RequestID(2), rival))
        let registration = try await driver.event { if case .actorRegistered(RequestID(2), let r) = $0 { r } else { nil } }
        #expect(registration == .nameTaken)
        driver.send(.killActor(spec.id, noRestart: true))
        let cause = try await dead(driver, spec.id)
        #expect(cause == .killed)
        let heir = self.spec(driver, 3, name: "a")
        driver.send(.createActor(RequestID(3), heir))
        let second = try await driver.event { if case .actorRegistered(RequestID(3), let r) = $0 { r } else { nil } }
        #expect(second == .created)
        _ = try await alive(driver, heir.id)
      }
    }

    @Test func theLastHandleEndsTheProcess() async throws {
      try await withDriver { driver in
        let spec = spec(driver)
        driver.send(.createActor(.none, spec))
        let worker = try await alive(driver, spec.id)
        driver.send(.releaseActor(spec.id))
        let cause = try await dead(driver, spec.id)
        #expect(cause == .released)
        let death = try await driver.whyDied(worker)?.exit
        #expect(death == .exited(code: 0))
        while driver.node.census()?.processCount != 2 { await Task.yield() }
      }
    }

    @Test func anActorThatLeavesIsNotRestarted() async throws {
      try await withDriver { driver in
        let spec = spec(driver, restarts: -1)
        driver.send(.createActor(.none, spec))
        let worker = try await alive(driver, spec.id)
        try await connect(driver, worker)
        try driver.order(worker, "leave")
        let cause = try await dead(driver, spec.id)
        #expect(cause == .exited)
      }
    }

    @Test func aStuckConstructorCanBeKilled() async throws {
      try await withDriver { driver in
        let spec = spec(driver, 1, "Stuck")
        driver.send(.createActor(.none, spec))
        while driver.node.census()?.available[ResourceSet.cpu] != ResourceSet.unit { await Task.yield() }
        driver.send(.killActor(spec.id, noRestart: true))
        let cause = try await dead(driver, spec.id)
        #expect(cause == .killed)
        while driver.node.census()?.available[ResourceSet.cpu] != 2 * ResourceSet.unit { await Task.yield() }
      }
    }

    @Test func infeasibleActorsDieWithTheReason() async throws {
      try await withDriver { driver in
        var spec = spec(driver)
        spec.heldResources = ResourceSet(["teapot": 1])
        driver.send(.createActor(.none, spec))
        guard case .infeasible(let shortage) = try await dead(driver, spec.id) else {
          Issue.record("wrong cause")
          return
        }
        #expect(shortage.resource == "teapot")
      }
    }

    @Test func actorsOfADriverThatLeavesEnd() async throws {
      try await withDriver { driver in
        let other = try TestDriver(joining: driver)
        defer { other.stop() }
        let spec = ActorSpec(id: ActorID(creator: other.id, index: 1), className: "Counter")
        other.send(.createActor(RequestID(1), spec))
        _ = try await other.event { if case .actorRegistered = $0 { true } else { nil } }
        driver.send(.watchActor(spec.id))
        _ = try await alive(driver, spec.id)
        other.close()
        let cause = try await dead(driver, spec.id)
        #expect(cause == .creatorDied)
      }
    }
  }
}
