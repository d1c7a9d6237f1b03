import Testing

@testable import swift_ray

@Suite struct ReportTests {
  /// A machine with nothing to complain about.
  private let healthy = MachineFacts(
    kernel: KernelVersion(6, 8), onlineCores: 8, usableCores: 8, memory: MemoryInfo(total: 32 << 30, available: 30 << 30),
    sharedHugePages: "advise", hugePageCollapse: .works, anonymousFiles: .works, processDescriptors: .works,
    sharedMemoryFolder: FolderSpace(total: 16 << 30, free: 16 << 30), descriptors: ResourceLimit(soft: 1024, hard: 524_288),
    processes: ResourceLimit(soft: 100_000, hard: nil), toolchain: "Swift version 6.3.1 (swift-6.3.1-RELEASE)")

  @Test func hasNothingToSayToAHealthyMachine() {
    let report = Report(on: healthy)
    #expect(report.verdict == .green)
    #expect(report.findings.allSatisfy { $0.verdict == .green && $0.advice == nil })
    #expect(Set(report.findings.map(\.name)).count == report.findings.count)
  }

  struct Ailment: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var verdict: Verdict
    var finding: String
    var change: @Sendable (inout MachineFacts) -> Void

    init(_ name: String, _ verdict: Verdict, _ finding: String, _ change: @escaping @Sendable (inout MachineFacts) -> Void) {
      (testDescription, self.verdict, self.finding, self.change) = (name, verdict, finding, change)
    }
  }

  @Test(arguments: [
    Ailment("one core", .yellow, "cores") { $0.usableCores = 1 },
    Ailment("a quota of one core", .yellow, "cores") { $0.cgroup.cores = 1 },
    Ailment("little memory", .yellow, "memory") { $0.memory?.available = 512 << 20 },
    Ailment("no memory", .red, "memory") { $0.memory?.available = 100 << 20 },
    Ailment("a small memory limit", .red, "memory") { $0.cgroup.memory = 128 << 20 },
    Ailment("no memfd", .red, "memfd") { $0.anonymousFiles = .fails("memfd_create: denied") },
    Ailment("no pidfd", .yellow, "pidfd") { $0.processDescriptors = .fails("pidfd_open: denied") },
    Ailment("no huge pages", .yellow, "huge pages") { ($0.hugePageCollapse, $0.sharedHugePages) = (.fails("x"), "never") },
    Ailment("a container's /dev/shm", .yellow, "/dev/shm") { $0.sharedMemoryFolder = .init(total: 64 << 20, free: 64 << 20) },
    Ailment("no /dev/shm", .yellow, "/dev/shm") { $0.sharedMemoryFolder = nil },
    Ailment("few open files", .yellow, "open files") { $0.descriptors = .init(soft: 1024, hard: 1024) },
    Ailment("hardly an open file", .red, "open files") { $0.descriptors = .init(soft: 64, hard: 64) },
    Ailment("few processes", .yellow, "processes") { $0.processes = .init(soft: 100, hard: nil) },
    Ailment("few processes in the group", .red, "processes") { $0.cgroup.processes = 20 },
    Ailment("an old kernel", .yellow, "kernel") { $0.kernel = KernelVersion(5, 15) },
    Ailment("an ancient kernel", .red, "kernel") { $0.kernel = KernelVersion(4, 19) },
    Ailment("a GPU without tools", .yellow, "GPUs") { $0.gpus.nodes = ["/dev/nvidia0"] },
    Ailment("no toolchain", .yellow, "toolchain") { $0.toolchain = nil },
    Ailment("an old toolchain", .yellow, "toolchain") { $0.toolchain = "Swift version 6.2 (swift-6.2-RELEASE)" },
  ])
  func findsOneThingAndSaysWhatToDo(ailment: Ailment) {
    var facts = healthy
    ailment.change(&facts)
    let complaints = Report(on: facts).findings.filter { $0.verdict != .green }
    #if os(Linux)
      #expect(complaints.map(\.name) == [ailment.finding])
      #expect(complaints.first?.verdict == ailment.verdict)
      #expect(complaints.first?.advice?.isEmpty == false)
      #expect(Report(on: facts).verdict == ailment.verdict)
    #endif
  }

  @Test func listsGPUs() {
    var facts = healthy
    facts.gpus.devices = [.init(name: "NVIDIA H200", memoryMiB: 143_771, driver: "570.86")]
    #expect(facts.gpusFinding?.value == "1: NVIDIA H200, 140.4 GiB (driver 570.86)")
  }

  @Test func survivesAMachineThatSaysNothing() {
    #expect(Report(on: MachineFacts()).text(isColored: false).isEmpty == false)
  }

  @Test func printsAlignedText() {
    let report = Report([Finding("a", .green, "one"), Finding("long", .red, "two", advice: "do it")])
    #expect(
      report.text(isColored: false) == """
        ✓ a     one
        ✗ long  two
                → do it
        Something is in the way of swift-ray here.
        """)
    #expect(report.text(isColored: true).contains("\u{1B}[31m✗\u{1B}[0m long"))
  }

  @Test func printsJSON() {
    let report = Report([Finding("a \"b\"", .yellow, "c\\d\n\u{1}", advice: "é")])
    #expect(
      report.json.text() == #"""
        {
          "version": "\#(Release.version)",
          "verdict": "yellow",
          "findings": [
            {
              "name": "a \"b\"",
              "verdict": "yellow",
              "value": "c\\d\n\u0001",
              "advice": "é"
            }
          ]
        }
        """#)
    #expect(JSON.array([]).text() == "[]")
    #expect(JSON.object([.init(key: "n", value: .number(-3))]).text() == "{\n  \"n\": -3\n}")
  }

  @Test(arguments: [
    (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (24_684_092 << 10, "23.5 GiB"), (3 << 40, "3 TiB"),
    (64 << 20, "64 MiB"),
  ])
  func writesByteCounts(count: Int, text: String) { #expect(bytes(count) == text) }
}
