/// What was found out about a machine. Nil is what this system does not say.
struct MachineFacts: Sendable, Hashable {
  var kernel: KernelVersion?
  var onlineCores: Int?
  /// Cores this process may run on, by affinity.
  var usableCores: Int?
  var memory: MemoryInfo?
  var cgroup = CgroupLimits()
  /// `always`, `within_size`, `advise`, `never`, `deny` or `force`.
  var sharedHugePages: String?
  /// Whether two MiB of an anonymous shared file can be turned into one page.
  var hugePageCollapse: Probe?
  var anonymousFiles: Probe?
  var processDescriptors: Probe?
  var sharedMemoryFolder: FolderSpace?
  var descriptors: ResourceLimit?
  var processes: ResourceLimit?
  var gpus = GPUFacts()
  /// First line of `swift --version`.
  var toolchain: String?
}

/// The answer of the system to an attempt.
enum Probe: Sendable, Hashable {
  case works
  case fails(String)
}

struct FolderSpace: Sendable, Hashable {
  var total: Int
  var free: Int
}

/// A limit as `getrlimit` gives it; nil is unlimited.
struct ResourceLimit: Sendable, Hashable {
  var soft: Int?
  var hard: Int?
}

struct GPUFacts: Sendable, Hashable {
  struct Device: Sendable, Hashable {
    var name: String
    var memoryMiB: Int?
    var driver: String
  }

  /// `/dev/nvidia0` and so on.
  var nodes: [String] = []
  /// What `nvidia-smi` lists; nil when it is missing or fails.
  var devices: [Device]?
}

extension GPUFacts {
  /// Device files of GPUs among the names in /dev: `nvidia0`, not `nvidiactl`.
  static func nodes(in names: [String]) -> [String] {
    names.filter { $0.hasPrefix("nvidia") && !$0.dropFirst(6).isEmpty && $0.dropFirst(6).allSatisfy(\.isNumber) }
      .map { "/dev/" + $0 }
  }

  /// Reads what `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits` prints.
  static func devices(parsing text: String) -> [Device] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
      guard fields.count == 3, !fields[0].isEmpty else { return nil }
      return Device(name: fields[0], memoryMiB: Int(fields[1]), driver: fields[2])
    }
  }
}

func trimmed(_ text: some StringProtocol) -> String {
  let start = text.drop(while: \.isWhitespace)
  return String(start.reversed().drop(while: \.isWhitespace).reversed())
}
