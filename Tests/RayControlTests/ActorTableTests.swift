internal import RayControl
internal import RayProtocol
internal import Testing

@Suite struct ActorTableTests {
  private let driver = ActorFixture.driver
  private let host = ActorFixture.host

  @Test func anActorIsRegisteredPlacedRunAndAlive() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    control.event { $0.createActor(spec, request: RequestID(9), actions: &$1) }
    let pending = ActorStatus(id: spec.id, state: .pending, className: "Counter")
    #expect(
      control.actions == [
        .registered(RequestID(9), .created, to: driver), .publish(pending, to: driver),
        .place(spec.id, LeaseTerms(resources: ResourceSet(["CPU": 1])), held: ResourceSet()),
      ])
    control.event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    #expect(control.actions == [.run(spec, restartCount: 0, on: host, .init())])
    control.event { $0.actorCreated(spec.id, by: host, actions: &$1) }
    #expect(
      control.actions == [
        .started(spec.id), .publish(ActorStatus(id: spec.id, state: .alive(host), className: "Counter"), to: driver),
      ])
    control.event { $0.actorCreated(spec.id, by: host, actions: &$1) }
    #expect(control.actions.isEmpty, "said twice, done once")
  }

  @Test func creatingTwiceIsCreatingOnce() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(name: "a")
    control.live(spec)
    control.event { $0.createActor(spec, request: RequestID(9), actions: &$1) }
    #expect(control.actions == [.registered(RequestID(9), .created, to: driver)])
  }

  @Test func argumentsMayComeLaterTheNameIsTakenAtOnce() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(name: "late") { $0.isReady = false }
    control.event { $0.createActor(spec, request: RequestID(9), actions: &$1) }
    #expect(control.published == [.dependenciesPending])
    #expect(control.table.actor(named: "late", namespace: "n")?.id == spec.id)
    control.event { $0.actorReady(spec.id, creation: [7], actions: &$1) }
    #expect(control.published == [.pending])
    control.event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    guard case .run(let run, _, _, _)? = control.actions.first else {
      Issue.record("not run: \(control.actions)")
      return
    }
    #expect(run.creation == [7])
  }

  // MARK: Names

  @Test func aNameBelongsToOneActorPerNamespaceUntilItDies() {
    var control = ActorFixture()
    control.live(ActorFixture.spec(1, name: "a"))
    control.event { $0.createActor(ActorFixture.spec(2, name: "a"), request: RequestID(9), actions: &$1) }
    #expect(control.actions.first == .registered(RequestID(9), .nameTaken, to: driver))
    #expect(control.published == [.dead(.nameTaken("a"))], "a handle that was made in advance learns it, too")
    control.event {
      $0.createActor(ActorFixture.spec(3, name: "a", namespace: "other"), request: RequestID(9), actions: &$1)
    }
    #expect(control.actions.first == .registered(RequestID(9), .created, to: driver))
    control.event { $0.killActor(ActorFixture.spec(1).id, noRestart: true, actions: &$1) }
    #expect(control.table.actor(named: "a", namespace: "n") == nil)
    control.event { $0.createActor(ActorFixture.spec(4, name: "a"), request: RequestID(9), actions: &$1) }
    #expect(control.actions.first == .registered(RequestID(9), .created, to: driver))
    #expect(control.table.namedActors(in: nil).map(\.namespace) == ["n", "other"])
    #expect(control.table.namedActors(in: "other").map(\.id.index) == [3])
  }

  @Test func getIfExistsFindsTheHolder() {
    var control = ActorFixture()
    control.live(ActorFixture.spec(1, name: "a"))
    let again = ActorFixture.spec(2, name: "a") { $0.getIfExists = true }
    control.event { $0.createActor(again, request: RequestID(9), actions: &$1) }
    #expect(
      control.actions.first
        == .registered(RequestID(9), .existing(ActorFixture.spec(1).id, className: "Counter"), to: driver))
  }

  @Test func aHandleThatStandsForTheHolderDoesSoEverywhere() {
    var control = ActorFixture()
    let holder = ActorFixture.spec(1, name: "a").id
    control.live(ActorFixture.spec(1, name: "a"))
    let again = ActorFixture.spec(2, name: "a") { $0.getIfExists = true }
    control.event { $0.watchActor(again.id, by: WorkerID(50), creatorIsAlive: true, actions: &$1) }
    #expect(control.actions.isEmpty, "its registration is under way")
    control.event { $0.createActor(again, request: RequestID(9), actions: &$1) }
    #expect(control.published == [.standsFor(holder)])
    control.event { $0.watchActor(again.id, by: WorkerID(51), creatorIsAlive: true, actions: &$1) }
    #expect(control.published == [.standsFor(holder)])
    control.event { $0.killActor(again.id, noRestart: true, actions: &$1) }
    #expect(control.table.status(of: holder)?.state == .dead(.killed))
    control.event { $0.releaseActor(again.id, actions: &$1) }
    #expect(control.published == [.dead(.released), .dead(.released)], "both watchers may forget it")
    #expect(control.table.standInCount == 0)
  }

  @Test func aHandleThatStandsForTheHolderOutlivesItsCreator() {
    var control = ActorFixture()
    let holder = ActorFixture.spec(1, name: "a").id
    control.live(ActorFixture.spec(1, name: "a"))
    let again = ActorSpec(
      id: ActorID(creator: WorkerID(60), index: 1), className: "Counter", name: "a", namespace: "n", getIfExists: true)
    control.event { $0.createActor(again, request: RequestID(9), actions: &$1) }
    control.crash(WorkerID(60))
    control.event { $0.watchActor(again.id, by: WorkerID(51), creatorIsAlive: false, actions: &$1) }
    #expect(control.published == [.standsFor(holder)])
    #expect(control.table.standInCount == 0)
    control.event { $0.killActor(again.id, noRestart: true, actions: &$1) }
    #expect(control.table.status(of: holder)?.state == .dead(.killed), "it can still be killed through the handle")
  }

  // MARK: Death

  @Test(arguments: [Int32(0), 1, 3])
  func crashesRestartAsOftenAsAllowed(restarts: Int32) {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: restarts)
    control.live(spec)
    for attempt in 0..<restarts {
      let process = WorkerID(100 + UInt64(attempt))
      control.crash(process)
      #expect(control.published == [.restarting])
      #expect(control.table.status(of: spec.id)?.restartCount == UInt32(attempt + 1))
      let next = WorkerID(101 + UInt64(attempt))
      control.event { $0.actorPlaced(spec.id, on: next, .init(), actions: &$1) }
      #expect(control.actions == [.run(spec, restartCount: UInt32(attempt + 1), on: next, .init())])
      control.event { $0.actorCreated(spec.id, by: next, actions: &$1) }
    }
    let last = WorkerID(100 + UInt64(restarts))
    control.crash(last)
    #expect(control.published == [.dead(.workerDied(ActorFixture.death(last)))])
  }

  @Test func minusOneRestartsForEver() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: -1)
    control.live(spec)
    for attempt in 0..<50 {
      control.crash(WorkerID(100 + UInt64(attempt)))
      let next = WorkerID(101 + UInt64(attempt))
      control.event { $0.actorPlaced(spec.id, on: next, .init(), actions: &$1) }
      control.event { $0.actorCreated(spec.id, by: next, actions: &$1) }
    }
    #expect(control.table.status(of: spec.id)?.state == .alive(WorkerID(150)))
  }

  @Test func aProcessThatDiesBeforeTheActorLivesIsRestartedAfterGrowingPauses() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: -1)
    control.event { $0.createActor(spec, request: .none, actions: &$1) }
    var pauses: [Duration] = []
    for attempt in 0..<8 {
      let process = WorkerID(100 + UInt64(attempt))
      control.event { $0.actorPlaced(spec.id, on: process, .init(), actions: &$1) }
      control.crash(process)
      for case .placeLater(_, let pause) in control.actions { pauses.append(pause) }
      control.event { $0.placementDue(spec.id, actions: &$1) }
      #expect(control.actions.count == 1)
    }
    #expect(pauses.prefix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
    #expect(pauses.last == .seconds(5))
  }

  @Test func aThrowingConstructorIsFinalWhateverRestartsAreLeft() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(name: "a", restarts: -1)
    control.event { $0.createActor(spec, request: .none, actions: &$1) }
    control.event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    control.event { $0.actorCreationFailed(spec.id, error: [9], by: host, actions: &$1) }
    #expect(control.published == [.dead(.creationFailed([9]))])
    control.crash(host)
    #expect(control.actions.isEmpty)
    #expect(control.table.actor(named: "a", namespace: "n") == nil)
  }

  @Test func intendedExitsDoNotRestart() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: -1)
    control.live(spec)
    control.event { $0.actorExited(spec.id, by: host, actions: &$1) }
    #expect(control.published == [.dead(.exited)])
    #expect(control.actions.last == .expectEnd(of: host))
    control.crash(host)
    #expect(control.actions.isEmpty)
  }

  @Test func onlyTheHostSpeaksForAnActor() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    control.live(spec)
    control.event { $0.actorExited(spec.id, by: WorkerID(55), actions: &$1) }
    control.event { $0.actorCreationFailed(spec.id, error: [], by: WorkerID(55), actions: &$1) }
    #expect(control.table.status(of: spec.id)?.state == .alive(host))
  }

  @Test func killingIsFinalUnlessARestartIsAllowed() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: 1)
    control.live(spec)
    control.event { $0.killActor(spec.id, noRestart: false, actions: &$1) }
    #expect(control.published.isEmpty)
    guard case .killHost(host, _)? = control.actions.first else {
      Issue.record("not killed")
      return
    }
    control.crash(host)
    #expect(control.published == [.restarting])
    let next = WorkerID(101)
    control.event { $0.actorPlaced(spec.id, on: next, .init(), actions: &$1) }
    control.event { $0.actorCreated(spec.id, by: next, actions: &$1) }
    control.event { $0.killActor(spec.id, noRestart: false, actions: &$1) }
    control.crash(next)
    #expect(control.published == [.dead(.killed)], "no restart was left")
    control.event { $0.killActor(spec.id, noRestart: true, actions: &$1) }
    #expect(control.actions.isEmpty)
  }

  @Test func aKillBeforePlacementWithdrawsTheDemand() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    control.event { $0.createActor(spec, request: .none, actions: &$1) }
    control.event { $0.killActor(spec.id, noRestart: true, actions: &$1) }
    #expect(control.actions.last == .withdraw(spec.id))
    control.event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    guard case .killHost(host, _)? = control.actions.first else {
      Issue.record("a process that came too late was kept: \(control.actions)")
      return
    }
  }

  // MARK: Release

  @Test func theLastHandleEndsAnActorAfterItsQueue() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: 5)
    control.live(spec)
    control.event { $0.releaseActor(spec.id, actions: &$1) }
    #expect(control.actions == [.terminateAfterQueue(spec.id, on: host)])
    control.event { $0.releaseActor(spec.id, actions: &$1) }
    #expect(control.actions.isEmpty)
    control.event { $0.actorExited(spec.id, by: host, actions: &$1) }
    #expect(control.published == [.dead(.released)])
  }

  @Test func aReleasedActorThatCrashesIsNotRestarted() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(restarts: 5)
    control.live(spec)
    control.event { $0.releaseActor(spec.id, actions: &$1) }
    control.crash(host)
    #expect(control.published == [.dead(.released)])
  }

  @Test func anActorReleasedWhileItsConstructorRunsEndsAfterwards() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    control.event { $0.createActor(spec, request: .none, actions: &$1) }
    control.event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    control.event { $0.releaseActor(spec.id, actions: &$1) }
    #expect(control.actions.isEmpty)
    control.event { $0.actorCreated(spec.id, by: host, actions: &$1) }
    #expect(control.actions.last == .terminateAfterQueue(spec.id, on: host))
  }

  @Test func detachedActorsOutliveHandlesAndCreator() {
    var control = ActorFixture()
    let creator = WorkerID(7)
    let detached = ActorFixture.spec(1, creator: creator) { $0.isDetached = true }
    let bound = ActorFixture.spec(2, creator: creator)
    control.live(detached, on: WorkerID(100))
    control.live(bound, on: WorkerID(101))
    control.event { $0.releaseActor(detached.id, actions: &$1) }
    #expect(control.actions.isEmpty)
    control.crash(creator)
    #expect(control.table.status(of: detached.id)?.state == .alive(WorkerID(100)))
    #expect(control.table.status(of: bound.id)?.state == .dead(.creatorDied))
    #expect(control.actions.contains { if case .killHost(WorkerID(101), _) = $0 { true } else { false } })
  }

  // MARK: Watching

  @Test func aWatcherHearsThePresentAndEveryChange() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    let watcher = WorkerID(50)
    control.live(spec)
    control.event { $0.watchActor(spec.id, by: watcher, creatorIsAlive: true, actions: &$1) }
    #expect(control.published == [.alive(host)])
    control.event { $0.watchActor(spec.id, by: watcher, creatorIsAlive: true, actions: &$1) }
    control.crash(host)
    #expect(control.published.count == 2, "the creator and the watcher, once each")
    control.event { $0.watchActor(spec.id, by: WorkerID(51), creatorIsAlive: true, actions: &$1) }
    #expect(control.published == [.dead(.workerDied(ActorFixture.death(host)))], "the dead are remembered")
  }

  @Test func handlesMayTravelFasterThanTheRegistration() {
    var control = ActorFixture()
    let spec = ActorFixture.spec()
    control.event { $0.watchActor(spec.id, by: WorkerID(50), creatorIsAlive: true, actions: &$1) }
    #expect(control.actions.isEmpty)
    control.event { $0.createActor(spec, request: .none, actions: &$1) }
    #expect(control.published == [.pending, .pending])
  }

  @Test func aRegistrationThatNeverComesIsToldWhenTheCreatorDies() {
    var control = ActorFixture()
    let spec = ActorFixture.spec(creator: WorkerID(7))
    control.event { $0.watchActor(spec.id, by: WorkerID(50), creatorIsAlive: true, actions: &$1) }
    control.crash(WorkerID(7))
    #expect(control.published == [.dead(.creatorDied)])
    let other = ActorFixture.spec(2, creator: WorkerID(7))
    control.event { $0.watchActor(other.id, by: WorkerID(50), creatorIsAlive: false, actions: &$1) }
    #expect(control.published == [.dead(.unknown)])
  }

  @Test func theDeadAreForgottenOldestFirst() {
    var configuration = ActorTable.Configuration()
    configuration.tombstoneCountMax = 3
    var control = ActorFixture(table: ActorTable(configuration: configuration))
    for index in 1...10 {
      control.event { $0.createActor(ActorFixture.spec(UInt64(index)), request: .none, actions: &$1) }
      control.event { $0.killActor(ActorFixture.spec(UInt64(index)).id, noRestart: true, actions: &$1) }
    }
    let known = (1...10).filter { control.table.status(of: ActorFixture.spec(UInt64($0)).id) != nil }
    #expect(known == [8, 9, 10])
  }
}
