import Testing

@testable import swift_ray

@Suite struct MachineFactsTests {
  @Test(arguments: [
    ("6.1.0-18-amd64", KernelVersion(6, 1)), ("5.15.167.4-microsoft-standard-WSL2", KernelVersion(5, 15)),
    ("6.18.44-fc-v657", KernelVersion(6, 18)), ("Linux", nil), ("6", nil), ("", nil),
  ])
  func readsKernelReleases(release: String, version: KernelVersion?) { #expect(KernelVersion(parsing: release) == version) }

  @Test func ordersKernelsByNumberAndNotByText() {
    #expect(KernelVersion(5, 15) > KernelVersion(5, 3))
    #expect(KernelVersion(6, 1) > KernelVersion(5, 15))
  }

  @Test func readsMemory() {
    let text = "MemTotal:       24684092 kB\nMemFree:        24369300 kB\nMemAvailable:   24357968 kB\nHugePages_Total:       0\n"
    #expect(MemoryInfo(parsing: text) == MemoryInfo(total: 24_684_092 << 10, available: 24_357_968 << 10))
    #expect(MemoryInfo(parsing: "MemTotal: 8 kB\nMemFree: 4 kB") == MemoryInfo(total: 8192, available: 4096))
    #expect(MemoryInfo(parsing: "MemTotal: 8 kB\nMemAvailable: 9 kB") == MemoryInfo(total: 8192, available: 8192))
  }

  @Test(arguments: ["", "MemFree: 1 kB", "MemTotal: much kB", "MemTotal:", "MemTotal: 9223372036854775807 kB", "MemTotal: -1 kB"])
  func refusesOtherMemoryTexts(text: String) { #expect(MemoryInfo(parsing: text) == nil) }

  @Test(arguments: [
    ("always within_size [advise] never", "advise"), ("[always] never\n", "always"), ("never", nil), ("]x[", nil), ("[", nil),
  ])
  func findsTheSelectedChoice(text: String, choice: String?) { #expect(selectedChoice(in: text) == choice) }

  @Test func readsLimits() {
    let text = """
      Limit                     Soft Limit           Hard Limit           Units
      Max processes             96365                unlimited            processes
      Max open files            1024                 524288               files
      Max open files twice      1                    1                    files
      Max broken                some                 1                    files
      Max short                 5
      """
    #expect(ResourceLimit(named: "Max open files", in: text) == ResourceLimit(soft: 1024, hard: 524_288))
    #expect(ResourceLimit(named: "Max processes", in: text) == ResourceLimit(soft: 96_365, hard: nil))
    #expect(ResourceLimit(named: "Max broken", in: text) == nil)
    #expect(ResourceLimit(named: "Max short", in: text) == nil)
    #expect(ResourceLimit(named: "Max absent", in: text) == nil)
  }

  @Test(arguments: [
    ("0", 1), ("0-3", 4), ("0-3,8,10-11\n", 7), ("", nil), ("3-1", nil), ("a-b", nil), ("1-2-3", nil), ("0,", nil),
    ("0-99999999999", nil), ("-1", nil),
  ])
  func countsCores(list: String, count: Int?) { #expect(coreCount(ofList: list) == count) }

  @Test func findsAllowedCoresInAStatus() {
    #expect(allowedCoreCount(inStatus: "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n") == 2)
    #expect(allowedCoreCount(inStatus: "Name:\tx\n") == nil)
  }

  @Test func findsGPUs() {
    let names = ["null", "nvidia", "nvidia-uvm", "nvidia0", "nvidia11", "nvidiactl"]
    #expect(GPUFacts.nodes(in: names) == ["/dev/nvidia0", "/dev/nvidia11"])
    let devices = GPUFacts.devices(parsing: "NVIDIA H200, 143771, 570.86.15\nNVIDIA A2, [N/A], 570.86.15\nno devices\n\n")
    #expect(
      devices == [
        .init(name: "NVIDIA H200", memoryMiB: 143_771, driver: "570.86.15"),
        .init(name: "NVIDIA A2", memoryMiB: nil, driver: "570.86.15"),
      ])
  }

  #if os(Linux)
    @Test func gathersWhatEveryLinuxMachineHas() throws {
      let facts = MachineFacts.gather()
      let cores = try #require(facts.usableCores)
      #expect(try cores >= 1 && cores <= #require(facts.onlineCores))
      #expect(try #require(facts.memory).total > 64 << 20)
      #expect(try #require(facts.kernel) > KernelVersion(3, 0))
      #expect(facts.descriptors != nil && facts.processes != nil && facts.anonymousFiles != nil)
      #expect(facts.processDescriptors != nil && facts.hugePageCollapse != nil)
    }
  #endif
}
