internal import RayProtocol
internal import RayScheduling
internal import Testing

@Suite struct ReclaimTests {
  private let driver = LeaseFixture.driver
  private let other = WorkerID(8)

  private func saturated(cpuCount: Double = 2) -> LeaseFixture {
    var node = LeaseFixture(["CPU": cpuCount])
    node.manager.clientJoined(other)
    node.startPool()
    node.demand(1_000_000)
    return node
  }

  @Test func aStarvingClientGetsALeaseOfTheOneThatHasMost() throws {
    var node = saturated()
    node.demand(1, by: other)
    #expect(node.grants.isEmpty)
    let deadline = try #require(node.manager.nextDeadline(now: node.now))
    #expect(deadline == .milliseconds(10))
    node.pass(deadline)
    let called = try #require(node.reclaimed.first)
    #expect(node.reclaimed.count == 1)
    node.pass(.milliseconds(10))
    #expect(node.reclaimed.isEmpty, "asked once")
    node.giveBack(called)
    #expect(node.grants.map(\.client) == [other])
  }

  @Test func fairSharesAreNotFoughtOver() {
    var node = saturated()
    node.demand(5, by: other)
    node.pass(.milliseconds(20))
    for lease in node.reclaimed { node.giveBack(lease) }
    #expect(node.grants.map(\.client) == [other])
    for _ in 0..<10 {
      node.pass(.milliseconds(20))
      #expect(node.reclaimed.isEmpty)
    }
  }

  @Test func anotherClassOfTheSameClientStarvesNoMoreThanAnotherClient() {
    var node = saturated()
    node.demand(1, class: 2)
    node.pass(.milliseconds(10))
    #expect(node.reclaimed.count == 1)
    for lease in node.reclaimed { node.giveBack(lease) }
    #expect(node.grants.map(\.grant.schedulingClass) == [.init(2)])
  }

  @Test func resourcesAreSavedUpForALargeDemandAndNotForEver() throws {
    var node = saturated(cpuCount: 4)
    node.demand(1, ["CPU": 3], by: other)
    node.pass(.milliseconds(10))
    let called = node.reclaimed
    #expect(called.count == 3)
    node.giveBack(called[0])
    node.giveBack(called[1])
    #expect(node.manager.leaseCount == 2, "the driver does not take them back")
    // The third runs on and on: after a while the CPUs serve again.
    let deadline = try #require(node.manager.nextDeadline(now: node.now))
    node.pass(deadline - node.now)
    #expect(node.grants.map(\.client) == [driver, driver])
  }

  @Test func alargeDemandIsGrantedWhenAllAreBack() {
    var node = saturated(cpuCount: 4)
    node.demand(1, ["CPU": 4], by: other)
    node.pass(.milliseconds(10))
    for lease in node.reclaimed { node.giveBack(lease) }
    #expect(node.grants.map(\.client) == [other])
  }

  @Test func whatActorsHoldIsNotCalledBack() {
    var node = LeaseFixture()
    node.manager.clientJoined(other)
    node.startPool()
    node.placeActor(1, placement: ["CPU": 2], held: ["CPU": 2])
    node.demand(1, by: other)
    node.demand(1)
    node.pass(.seconds(1))
    #expect(node.reclaimed.isEmpty)
    #expect(node.manager.nextDeadline(now: node.now) == nil, "nothing changes by waiting")
  }
}
