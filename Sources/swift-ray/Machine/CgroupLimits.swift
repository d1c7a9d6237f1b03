/// The limits that control groups put on this process; nil where there is none.
struct CgroupLimits: Sendable, Hashable {
  /// Bytes.
  var memory: Int?
  /// Cores, as a quotient of quota and period: 1.5 is three milliseconds of every two.
  var cores: Double?
  var processes: Int?
}

extension CgroupLimits {
  /// Finds the limits through `read`, which returns the text of a file.
  ///
  /// A group is bound by the limits of all groups above it, so each limit is the least of the whole way up.
  init(reading read: (String) -> String?) {
    guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo") else { return }
    let hierarchy = CgroupHierarchy(groups: groups, mounts: mounts)
    for folder in hierarchy.unifiedFolders {
      limit(&memory, to: number(read(folder + "/memory.max")))
      limit(&processes, to: number(read(folder + "/pids.max")))
      limit(&cores, to: quota(read(folder + "/cpu.max")))
    }
    for folder in hierarchy.folders(of: "memory") {
      // Unlimited is written as a number near the largest one.
      limit(&memory, to: number(read(folder + "/memory.limit_in_bytes")).flatMap { $0 < 1 << 60 ? $0 : nil })
    }
    for folder in hierarchy.folders(of: "pids") { limit(&processes, to: number(read(folder + "/pids.max"))) }
    for folder in hierarchy.folders(of: "cpu") {
      guard let quota = read(folder + "/cpu.cfs_quota_us"), let period = read(folder + "/cpu.cfs_period_us") else { continue }
      limit(&cores, to: self.quota(trimmed(quota) + " " + period))
    }
  }

  private func limit<Value: Comparable>(_ current: inout Value?, to new: Value?) {
    guard let new else { return }
    current = current.map { min($0, new) } ?? new
  }

  /// `max` is no number and no limit.
  private func number(_ text: String?) -> Int? {
    text.flatMap { Int(trimmed($0)) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Quota and period in microseconds; `max` or -1 for no quota.
  private func quota(_ text: String?) -> Double? {
    let parts = (text ?? "").split(whereSeparator: \.isWhitespace)
    guard parts.count == 2, let quota = Int(parts[0]), let period = Int(parts[1]), quota > 0, period > 0 else { return nil }
    return Double(quota) / Double(period)
  }
}

/// Which folders hold the control groups of this process.
struct CgroupHierarchy: Hashable {
  /// The one hierarchy of version 2; the group of this process first, then those above it.
  private(set) var unifiedFolders: [String] = []
  /// Version 1: a hierarchy for each controller.
  private var controllerFolders: [String: [String]] = [:]

  func folders(of controller: String) -> [String] { controllerFolders[controller] ?? [] }

  /// Reads `/proc/self/cgroup` and `/proc/self/mountinfo`.
  init(groups: String, mounts: String) {
    let mounts = mounts.split(separator: "\n").compactMap { Mount(parsing: $0) }
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let path = String(parts[2])
      if parts[0] == "0" && parts[1].isEmpty {
        if let mount = mounts.first(where: { $0.type == "cgroup2" }) { unifiedFolders = mount.folders(of: path) }
        continue
      }
      for controller in parts[1].split(separator: ",").map(String.init) {
        guard let mount = mounts.first(where: { $0.type == "cgroup" && $0.options.contains(controller) }) else { continue }
        controllerFolders[controller] = mount.folders(of: path)
      }
    }
  }

  private struct Mount {
    /// The part of the hierarchy that is mounted: in containers often not its top.
    var root: String
    var point: String
    var type: String
    var options: Set<String>

    /// `31 23 0:28 root point options optional... - type source superoptions`
    init?(parsing line: Substring) {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else { return nil }
      root = String(fields[3])
      point = String(fields[4])
      type = String(fields[dash + 1])
      options = Set(fields[dash + 3].split(separator: ",").map(String.init))
    }

    /// The folder of a group and those above it, up to the mount point.
    func folders(of path: String) -> [String] {
      var parts: ArraySlice<Substring> = path.split(separator: "/")[...]
      let rootParts = root.split(separator: "/")
      // A group outside of what is mounted cannot be seen; the mount point is then the nearest thing to it.
      parts = parts.starts(with: rootParts) ? parts.dropFirst(rootParts.count) : []
      return (0...parts.count).reversed().map { depth in
        ([point[...]] + parts.prefix(depth)).joined(separator: "/")
      }
    }
  }
}
