internal import RayProtocol
internal import RayScheduling
internal import Testing

@Suite struct LeaseManagerTests {
  private let driver = LeaseFixture.driver

  @Test func asManyProcessesAsCPUsAreReadyBeforeAnybodyAsks() {
    var node = LeaseFixture(["CPU": 3])
    node.event { $0.start(now: $1, actions: &$2) }
    #expect(node.started.count == 3)
    node.helloAll()
    #expect(node.manager.idleCount == 3)
  }

  @Test func aDemandIsGrantedAfterTheIntroductionAndOnlyOnce() {
    var node = LeaseFixture()
    node.startPool()
    node.demand(1)
    guard node.actions.count == 2, case .introduce(driver, let worker) = node.actions[0] else {
      Issue.record("expected an introduction and a grant, found \(node.actions)")
      return
    }
    #expect(node.grants.map(\.grant.worker) == [worker])
    node.demand(1)
    #expect(node.actions.isEmpty, "the same demand again changes nothing")
  }

  @Test func theSameProcessServesAgainWithoutAnotherIntroduction() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(1)
    let first = try #require(node.grants.first?.grant)
    node.demand(0)
    node.giveBack(first.lease)
    node.demand(1)
    #expect(node.grants.map(\.grant.worker) == [first.worker])
    #expect(node.actions.count == 1)
  }

  @Test func noMoreLeasesThanResources() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(100)
    #expect(node.grants.count == 2)
    #expect(node.started.isEmpty)
    let lease = try #require(node.grants.first?.grant.lease)
    node.giveBack(lease)
    #expect(node.grants.count == 1, "the demand still stands")
    node.giveBack(lease)
    #expect(node.actions.isEmpty, "a lease is returned once")
  }

  @Test func halfCPUsStartMoreProcesses() {
    var node = LeaseFixture()
    node.startPool()
    node.demand(100, ["CPU": 0.5])
    #expect(node.grants.count == 2)
    #expect(node.started.count == 2)
    node.helloAll()
    #expect(node.grants.count == 2)
    #expect(node.started.isEmpty)
  }

  @Test func infeasibleDemandsAreNamedOnce() {
    var node = LeaseFixture()
    node.startPool()
    node.demand(3, ["CPU": 1, "teapot": 1])
    #expect(
      node.actions == [
        .infeasible(client: driver, .init(1), .init(resource: "teapot", asked: ResourceSet.unit, total: 0))
      ])
    node.demand(4, ["CPU": 1, "teapot": 1])
    #expect(node.actions.isEmpty)
    node.demand(1, ["CPU": 1])
    #expect(node.grants.count == 1, "the same class may ask for less")
  }

  @Test func infeasibleDemandsAreNamedAfterTheWaitThatWasAskedFor() {
    var node = LeaseFixture(configure: { $0.infeasibleTimeout = .seconds(3) })
    node.startPool()
    node.demand(1, ["teapot": 1])
    node.demand(2, ["kettle": 1], class: 2)
    node.demand(2, ["teapot": 1])
    #expect(node.actions.isEmpty)
    #expect(node.manager.nextDeadline(now: node.now) == .seconds(3))
    node.demand(0, ["kettle": 1], class: 2)
    node.pass(.seconds(2))
    #expect(node.actions.isEmpty)
    node.pass(.seconds(1))
    #expect(
      node.actions == [
        .infeasible(client: driver, .init(1), .init(resource: "teapot", asked: ResourceSet.unit, total: 0))
      ], "what was withdrawn is not named")
    node.pass(.seconds(3))
    #expect(node.actions.isEmpty)
  }

  @Test func infeasibleActorsAreNamedAfterTheWaitUnlessWithdrawn() {
    var node = LeaseFixture(configure: { $0.infeasibleTimeout = .seconds(3) })
    node.startPool()
    for index: UInt64 in [1, 2, 1] { node.placeActor(index, placement: ["teapot": 1]) }
    #expect(node.actions.isEmpty)
    node.event { $0.actorWithdrawn(ActorID(creator: driver, index: 2), now: $1, actions: &$2) }
    node.pass(.seconds(3))
    #expect(
      node.actions == [
        .actorInfeasible(ActorID(creator: driver, index: 1), .init(resource: "teapot", asked: ResourceSet.unit, total: 0))
      ])
  }

  @Test func clientsAreServedInTurn() throws {
    var node = LeaseFixture(["CPU": 4])
    let other = WorkerID(8)
    node.manager.clientJoined(other)
    node.startPool()
    node.demand(4)
    let leases = node.grants.map(\.grant.lease)
    node.demand(1000)
    node.demand(1000, by: other)
    var granted: [WorkerID] = []
    for lease in leases {
      node.giveBack(lease)
      granted += node.grants.map(\.client)
    }
    #expect(granted == [driver, other, driver, other])
  }

  @Test func deadWorkersTakeTheirLeasesWithThemAndAreReplaced() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(2)
    let victim = try #require(node.grants.first?.grant)
    node.exit(victim.worker)
    #expect(node.actions.first == .revoke(victim.lease, client: driver, worker: victim.worker))
    #expect(node.started.count == 1)
    node.helloAll()
    #expect(node.grants.count == 1)
  }

  @Test func whatComputesForADeadClientIsEnded() throws {
    var node = LeaseFixture()
    let other = WorkerID(8)
    node.manager.clientJoined(other)
    node.startPool()
    node.demand(1, by: other)
    let grant = try #require(node.grants.first?.grant)
    node.event { $0.clientLeft(other, now: $1, actions: &$2) }
    #expect(node.actions.contains { if case .killWorker(grant.worker, _) = $0 { true } else { false } })
    node.exit(grant.worker)
    node.helloAll()
    #expect(node.manager.idleCount == 2)
  }

  @Test func zeroCostLeasesAreBounded() {
    var node = LeaseFixture(configure: {
      $0.freeLeaseCountMax = 5
      $0.startingCountMax = 100
    })
    node.startPool()
    node.demand(1000, [:])
    #expect(node.grants.count == 2)
    node.helloAll()
    #expect(node.grants.count == 3)
    #expect(node.manager.workerCount == 5)
  }

  @Test func idleProcessesAboveTheNumberKeptReadyEndAfterAWhile() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(4, ["CPU": 0.5])
    var leases = node.grants.map(\.grant.lease)
    node.helloAll()
    leases += node.grants.map(\.grant.lease)
    node.demand(0, ["CPU": 0.5])
    for lease in leases { node.giveBack(lease) }
    let deadline = try #require(node.manager.nextDeadline(now: node.now))
    #expect(deadline == node.manager.configuration.idleTimeout)
    node.pass(deadline)
    let retired = node.actions.compactMap { if case .retireWorker(let id) = $0 { id } else { nil } }
    #expect(retired.count == 2)
    node.event { $0.retireRefused(retired[0], now: $1, actions: &$2) }
    node.exit(retired[1])
    #expect(node.manager.workerCount == 3)
    #expect(node.manager.idleCount == 3)
  }

  @Test func environmentsHaveProcessesOfTheirOwn() throws {
    var node = LeaseFixture()
    node.startPool()
    let special = RuntimeEnvironmentID(99)
    node.demand(1, environment: special)
    #expect(node.grants.isEmpty)
    guard case .startWorker(let worker, special)? = node.actions.first else {
      Issue.record("no process of that environment was started: \(node.actions)")
      return
    }
    node.helloAll()
    #expect(node.grants.map(\.grant.worker) == [worker])
  }

  // MARK: Processes that do not start

  @Test func repeatedStartFailuresAreToldAndBackOff() throws {
    var node = LeaseFixture(["CPU": 1])
    node.event { $0.start(now: $1, actions: &$2) }
    node.demand(1)
    var pauses: [Duration] = []
    var worker = try #require(node.manager.workerCount == 1 ? WorkerID(1000) : nil)
    for attempt in 1...3 {
      node.exit(worker, "no such file")
      if attempt == 3 { break }
      #expect(node.actions.isEmpty, "neither restarted at once nor told before the third failure")
      let deadline = try #require(node.manager.nextDeadline(now: node.now))
      pauses.append(deadline - node.now)
      node.pass(deadline - node.now)
      worker = try #require(node.started.first)
    }
    #expect(pauses == [.milliseconds(100), .milliseconds(200)])
    #expect(node.actions == [.demandFailed(client: driver, .init(1), reason: "no such file")])
    node.pass(.seconds(60))
    #expect(node.started.isEmpty, "nobody asks: no more attempts")
    node.demand(1)
    #expect(node.started.count == 1, "a new demand is a new attempt")
    node.helloAll()
    #expect(node.grants.count == 1)
  }

  @Test func actorsAreToldAboutStartFailuresToo() throws {
    var node = LeaseFixture(["CPU": 1])
    node.event { $0.start(now: $1, actions: &$2) }
    node.placeActor(1)
    for number in 1...3 {
      let worker = WorkerID(999 + UInt64(number))
      node.exit(worker, "bad image")
      if number < 3 { node.pass(.seconds(10)) }
    }
    #expect(node.actions == [.actorStartFailed(ActorID(creator: driver, index: 1), reason: "bad image")])
  }

  // MARK: Peers

  @Test func connectionsAreBrokeredOnceUnlessTheyBroke() throws {
    var node = LeaseFixture()
    node.startPool()
    let worker = WorkerID(1000)
    node.event { m, _, a in m.peerRequested(by: driver, worker, isRepeated: false, actions: &a) }
    #expect(node.actions == [.introduce(driver, worker)])
    node.event { m, _, a in m.peerRequested(by: worker, driver, isRepeated: false, actions: &a) }
    #expect(node.actions.isEmpty)
    node.event { m, _, a in m.peerRequested(by: worker, driver, isRepeated: true, actions: &a) }
    #expect(node.actions == [.introduce(worker, driver)])
    node.event { m, _, a in m.peerRequested(by: driver, WorkerID(55), isRepeated: false, actions: &a) }
    #expect(node.actions == [.peerGone(driver, WorkerID(55))])
    node.event { m, _, a in m.peerRequested(by: driver, WorkerID(0), isRepeated: false, actions: &a) }
    #expect(node.actions == [.peerGone(driver, WorkerID(0))])
  }
}
