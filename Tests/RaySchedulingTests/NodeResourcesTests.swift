internal import RayProtocol
internal import RayScheduling
internal import Testing

@Suite struct NodeResourcesTests {
  @Test func fractionsOfOneGPUShareADeviceAndWholeOnesStayWhole() throws {
    var resources = NodeResources(total: ResourceSet(["GPU": 2]), gpuIndices: [4, 9])
    let halfShare = resources.allocate(ResourceSet(["GPU": 0.5]))
    let half = try #require(halfShare)
    let quarterShare = resources.allocate(ResourceSet(["GPU": 0.25]))
    let quarter = try #require(quarterShare)
    #expect(half.gpus.map(\.index) == quarter.gpus.map(\.index))
    let wholeShare = resources.allocate(ResourceSet(["GPU": 1]))
    let whole = try #require(wholeShare)
    #expect(whole.gpus == [.init(index: half.gpus[0].index == 4 ? 9 : 4, amount: ResourceSet.unit)])
    #expect(resources.allocate(ResourceSet(["GPU": 0.5])) == nil)
    for assigned in [half, quarter, whole] { resources.release(assigned) }
    #expect(resources.available == resources.total)
    #expect(resources.allocate(ResourceSet(["GPU": 2]))?.gpus.map(\.index) == [4, 9])
  }

  @Test func threeQuartersOfTwoDevicesEachLeaveNoRoomForAHalf() {
    var resources = NodeResources(total: ResourceSet(["GPU": 2]))
    #expect(resources.allocate(ResourceSet(["GPU": 0.75])) != nil)
    #expect(resources.allocate(ResourceSet(["GPU": 0.75])) != nil)
    #expect(!resources.canAllocate(ResourceSet(["GPU": 0.5])))
    #expect(resources.available.covers(ResourceSet(["GPU": 0.5])))
  }

  @Test func shortagesNameTheResource() {
    let resources = NodeResources(total: ResourceSet(["CPU": 4, "GPU": 4]))
    #expect(resources.shortage(for: ResourceSet(["CPU": 4])) == nil)
    #expect(resources.shortage(for: ResourceSet(["CPU": 5]))?.resource == "CPU")
    #expect(resources.shortage(for: ResourceSet(["teapot": 0.0001]))?.description.contains("'teapot'") == true)
    #expect(resources.shortage(for: ResourceSet(["GPU": 1.5]))?.remark.contains("whole number") == true)
  }

  @Test func anActorKeepsTheDeviceItsConstructorSaw() throws {
    var resources = NodeResources(total: ResourceSet(["CPU": 1, "GPU": 2]))
    let placedShare = resources.allocate(ResourceSet(["CPU": 1, "GPU": 2]))
    let placed = try #require(placedShare)
    let kept = resources.reduce(placed, to: ResourceSet(["GPU": 1]))
    #expect(kept.gpus == [placed.gpus[0]])
    #expect(resources.available == ResourceSet(["CPU": 1, "GPU": 1]))
    #expect(resources.allocate(ResourceSet(["GPU": 1]))?.gpus == [placed.gpus[1]])
  }
}
