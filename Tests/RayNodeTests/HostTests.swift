internal import RayProtocol
internal import Testing

@testable internal import RayNode

@Suite struct HostTests {
  @Test(arguments: [
    ("150000 100000\n", 1.5 as Double?), ("max 100000\n", nil), ("", nil), ("0 100000", nil), ("x y", nil), ("5", nil),
  ])
  func cpuQuotas(text: String, expected: Double?) { #expect(ControlGroup.quota(fromMax: text) == expected) }

  @Test func outOfMemoryKillsAreCounted() {
    #expect(ControlGroup.killCount(fromEvents: "low 0\nhigh 0\noom 3\noom_kill 2\n") == 2)
    #expect(ControlGroup.killCount(fromEvents: "low 0\n") == nil)
  }

  @Test(arguments: [
    (nil as String?, [0, 1, 2, 3] as [UInt16]), ("", []), ("2,0", [2, 0]), ("-1", []), ("1,9,2", [1]),
    ("GPU-abc,GPU-def", [0, 1]), (" 3", [3]),
  ])
  func visibleDevices(visible: String?, expected: [UInt16]) {
    #expect(Host.gpuIndices(visible: visible, present: [0, 1, 2, 3]) == expected)
  }

  @Test func thisMachineHasSomething() {
    let resources = Host.resources
    #expect(resources[ResourceSet.cpu] >= ResourceSet.unit)
    #expect(resources[ResourceSet.memory] > 0)
  }

  @Test func impossibleConfigurationsAreRefused() {
    var configuration = TestDriver.configuration()
    configuration.resources = ResourceSet(["CPU": 1, "GPU": 0.5])
    #expect(throws: RayError(.invalidArgument, "a node has a whole number of GPUs, not 0.5")) {
      try NodeManager(configuration)
    }
    configuration.resources = ResourceSet(["CPU": 1, "GPU": 2])
    configuration.gpuIndices = [1, 1]
    #expect(throws: RayError.self) { try NodeManager(configuration) }
  }
}
