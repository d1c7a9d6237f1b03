#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension MachineFacts {
  /// Asks the machine this process runs on.
  static func gather() -> MachineFacts {
    var facts = MachineFacts()
    facts.kernel = kernelRelease().flatMap { KernelVersion(parsing: $0) }
    facts.onlineCores = positive(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    facts.toolchain = Program.output(of: ["swift", "--version"], within: .seconds(20))
      .flatMap { $0.split(separator: "\n").first { $0.contains("Swift version") }.map { trimmed($0) } }
    #if os(Linux)
      facts.gatherLinux()
    #endif
    return facts
  }

  #if os(Linux)
    private mutating func gatherLinux() {
      usableCores = Files.read("/proc/self/status").flatMap { allowedCoreCount(inStatus: $0) }
      let limits = Files.read("/proc/self/limits") ?? ""
      descriptors = ResourceLimit(named: "Max open files", in: limits)
      processes = ResourceLimit(named: "Max processes", in: limits)
      memory = Files.read("/proc/meminfo").flatMap { MemoryInfo(parsing: $0) }
      cgroup = CgroupLimits(reading: Files.read)
      sharedHugePages = Files.read("/sys/kernel/mm/transparent_hugepage/shmem_enabled").flatMap { selectedChoice(in: $0) }
      anonymousFiles = SystemProbes.anonymousFile()
      hugePageCollapse = SystemProbes.hugePageCollapse()
      processDescriptors = SystemProbes.processDescriptor()
      sharedMemoryFolder = space(in: "/dev/shm")
      gpus.nodes = GPUFacts.nodes(in: Files.names(in: "/dev") ?? [])
      let query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
      gpus.devices = Program.output(of: query, within: .seconds(20)).map { GPUFacts.devices(parsing: $0) }
    }
  #endif

  private static func kernelRelease() -> String? {
    var name = utsname()
    guard uname(&name) == 0 else { return nil }
    return withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func space(in folder: String) -> FolderSpace? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let block = UInt64(status.f_frsize)
    return FolderSpace(
      total: Int(clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: block).partialValue),
      free: Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: block).partialValue))
  }

  private static func positive(_ number: Int) -> Int? { number > 0 ? number : nil }
}
