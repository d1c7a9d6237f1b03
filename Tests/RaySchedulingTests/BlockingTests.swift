internal import RayProtocol
internal import RayScheduling
internal import Testing

@Suite struct BlockingTests {
  private let driver = LeaseFixture.driver

  @Test func aBlockedWorkerIsGrantedToItselfFirst() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(10)
    let outer = try #require(node.grants.first?.grant)
    node.demand(1, class: 5, by: outer.worker)
    #expect(node.grants.isEmpty)
    node.block(outer.worker, seen: 1)
    #expect(node.grants.map(\.client) == [outer.worker], "not the driver, who has waited longer")
    #expect(node.grants.map(\.grant.worker) == [outer.worker])
    #expect(node.actions.count == 1, "no process was started, nobody was introduced")
  }

  @Test func aBlockedWorkerServesOthersBeforeAProcessIsStarted() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(2)
    let outer = try #require(node.grants.first?.grant)
    node.block(outer.worker, seen: 1)
    #expect(node.grants.map(\.grant.worker) == [outer.worker])
    #expect(node.started.isEmpty)
  }

  @Test func onlyTheCPUIsLent() throws {
    var node = LeaseFixture(["CPU": 1, "GPU": 1])
    node.startPool()
    node.demand(1, ["CPU": 1, "GPU": 1])
    let outer = try #require(node.grants.first?.grant)
    node.demand(1, ["CPU": 1, "GPU": 1], class: 2)
    node.block(outer.worker, seen: 1)
    #expect(node.grants.isEmpty)
    node.demand(1, ["CPU": 1], class: 3)
    #expect(node.grants.count == 1)
  }

  @Test func wakingTakesTheCPUBackAtOnceAndNothingIsGrantedUntilItIsFreeAgain() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(3)
    let leases = node.grants.map(\.grant)
    node.block(leases[0].worker, seen: 1)
    let third = try #require(node.grants.first?.grant)
    #expect(third.worker == leases[0].worker)
    // The third lease computes in the same process: the first one wakes under its CPU.
    node.unblock(leases[0].worker)
    #expect(node.manager.resources.available[ResourceSet.cpu] == 0)
    // Now the third one ends: the first one computes on.
    node.demand(0)
    node.giveBack(third.lease)
    #expect(node.manager.resources.available[ResourceSet.cpu] == 0)
    node.block(leases[0].worker, seen: 3)
    #expect(node.manager.resources.available[ResourceSet.cpu] == ResourceSet.unit)
    node.giveBack(leases[0].lease)
    node.giveBack(leases[1].lease)
    #expect(node.manager.idleCount == 2)
  }

  @Test func oversubscriptionEndsByItself() throws {
    var node = LeaseFixture()
    node.startPool()
    node.demand(2)
    let both = node.grants.map(\.grant)
    node.block(both[0].worker, seen: 1)
    node.placeActor(1, placement: ["CPU": 1], held: ["CPU": 1])
    #expect(node.hosts.isEmpty, "actors need a process of their own")
    let spare = try #require(node.started.first)
    node.unblock(both[0].worker)
    node.helloAll()
    #expect(node.manager.workerCount == 3 && spare == WorkerID(1002))
    #expect(node.hosts.isEmpty, "its CPU was taken back meanwhile")
    node.giveBack(both[1].lease)
    #expect(node.grants.count + node.hosts.count == 1)
  }

  @Test func aBlockedThatCrossedAGrantDoesNotSuspendIt() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(2)
    let outer = try #require(node.grants.first?.grant)
    node.block(outer.worker, seen: 1)
    let inner = try #require(node.grants.first?.grant)
    // It woke and blocked again before the message about its second lease had arrived.
    node.unblock(outer.worker)
    node.block(outer.worker, seen: 1)
    #expect(node.manager.resources.available[ResourceSet.cpu] == 0, "the second lease waits for its first task")
    // That task never comes: all tasks of the worker are suspended, and it will not say so again.
    node.demand(0)
    node.giveBack(inner.lease)
    #expect(node.manager.resources.available[ResourceSet.cpu] == ResourceSet.unit)
  }

  @Test func aBlockedThatCrossedTheEndOfAnotherLeaseCounts() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(2)
    let outer = try #require(node.grants.first?.grant)
    node.block(outer.worker, seen: 1)
    node.unblock(outer.worker)
    node.demand(0)
    node.giveBack(outer.lease)
    node.block(outer.worker, seen: 2)
    #expect(node.manager.resources.available[ResourceSet.cpu] == ResourceSet.unit)
  }

  @Test func sayingBlockedTwiceDoesNotPileUpLeases() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(100)
    let outer = try #require(node.grants.first?.grant)
    node.block(outer.worker, seen: 1)
    #expect(node.grants.count == 1)
    for _ in 2...10 {
      node.block(outer.worker, seen: 1)
      #expect(node.actions.isEmpty, "the second lease still waits for its first task")
    }
    node.unblock(outer.worker)
    node.block(outer.worker, seen: 2)
    #expect(node.grants.count == 1, "its task ran and is suspended, too")
  }

  /// A second lease that ended without a task had made every later report of the first one look old.
  @Test func aLeaseThatNeverBeganDoesNotHideTheSuspensionOfAnOlderOne() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.demand(2)
    let outer = try #require(node.grants.first?.grant)
    node.block(outer.worker, seen: 1)
    let inner = try #require(node.grants.first?.grant)
    #expect(inner.worker == outer.worker)
    node.unblock(outer.worker)
    node.demand(1)
    node.giveBack(inner.lease)
    node.block(outer.worker, seen: 1)
    #expect(node.manager.resources.available[ResourceSet.cpu] == ResourceSet.unit)
  }

  @Test func anActorThatWaitsLendsItsCPU() throws {
    var node = LeaseFixture(["CPU": 1])
    node.startPool()
    node.placeActor(1, placement: ["CPU": 1], held: ["CPU": 1])
    let host = try #require(node.hosts.first)
    node.event { $0.actorStarted(host.actor, now: $1, actions: &$2) }
    node.demand(1)
    node.helloAll()
    #expect(node.grants.isEmpty)
    node.block(host.worker, seen: 0)
    #expect(node.grants.count == 1)
    #expect(node.grants.first?.grant.worker != host.worker)
    node.unblock(host.worker)
    #expect(node.manager.resources.available[ResourceSet.cpu] == -ResourceSet.unit)
    node.exit(host.worker)
    #expect(node.manager.resources.available[ResourceSet.cpu] == 0)
  }

  @Test func actorsTakeAnIdleProcessAndItIsReplaced() throws {
    var node = LeaseFixture()
    node.startPool()
    node.placeActor(1)
    #expect(node.hosts.count == 1)
    #expect(node.started.count == 1)
    let host = try #require(node.hosts.first)
    node.helloAll()
    #expect(node.manager.idleCount == 2)
    node.event { $0.actorStarted(host.actor, now: $1, actions: &$2) }
    #expect(node.manager.resources.available == node.manager.resources.total, "an actor keeps nothing by default")
  }

  @Test(arguments: [1, 2, 4])
  func nestedCallsOfAnyDepthRunInThePrestartedProcesses(cpuCount: Int) {
    var simulation = NestedCallSimulation(cpuCount: cpuCount)
    #expect(simulation.fibonacci(16) == 987)
    #expect(simulation.node.manager.workerCount == cpuCount, "processes were started for nested calls")
    #expect(simulation.node.manager.leaseCount == 0)
    #expect(simulation.node.manager.resources.available == simulation.node.manager.resources.total)
  }
}
