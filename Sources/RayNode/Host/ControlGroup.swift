/// Limits of the control groups this process is in, versions 2 and 1; nothing is limited elsewhere.
enum ControlGroup {
  /// CPUs' worth of time; the smallest of all groups above.
  static var cpuQuota: Double? {
    let unified = directories.compactMap { Host.contents(of: $0 + "/cpu.max").flatMap(quota(fromMax:)) }.min()
    if let unified { return unified }
    guard let quota = number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), quota > 0,
      let period = number("/sys/fs/cgroup/cpu/cpu.cfs_period_us"), period > 0
    else { return nil }
    return Double(quota) / Double(period)
  }

  static var memoryLimit: Int? {
    let unified = directories.compactMap { number($0 + "/memory.max") }.min()
    return unified ?? number("/sys/fs/cgroup/memory/memory.limit_in_bytes")
  }

  /// How often the kernel has killed a process of this group because memory ran out.
  static var outOfMemoryKillCount: Int {
    for path in directories.map({ $0 + "/memory.events" }) + ["/sys/fs/cgroup/memory/memory.oom_control"] {
      if let count = Host.contents(of: path).flatMap(killCount(fromEvents:)) { return count }
    }
    return 0
  }

  /// `"150000 100000"` is one and a half CPUs; `"max 100000"` is no limit.
  static func quota(fromMax text: String) -> Double? {
    let parts = text.split { $0 == " " || $0 == "\n" }.map { Double($0) }
    guard parts.count >= 2, let quota = parts[0], let period = parts[1], quota > 0, period > 0 else { return nil }
    return quota / period
  }

  static func killCount(fromEvents text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 2, parts[0] == "oom_kill" { return Int(parts[1]) }
    }
    return nil
  }

  /// This process's group and all above it, innermost first.
  private static var directories: [String] {
    guard let text = Host.contents(of: "/proc/self/cgroup"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
    else { return [] }
    var parts = line.dropFirst(3).split(separator: "/")
    var result: [String] = []
    while true {
      result.append((["/sys/fs/cgroup"] + parts).joined(separator: "/"))
      if parts.isEmpty { return result }
      parts.removeLast()
    }
  }

  private static func number(_ path: String) -> Int? {
    Host.contents(of: path).flatMap { Int($0.prefix { $0 != "\n" }) }
  }
}

extension Array where Element == String {
  fileprivate static func + (root: [String], parts: [Substring]) -> [String] { root + parts.map(String.init) }
}
