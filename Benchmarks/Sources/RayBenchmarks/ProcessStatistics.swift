#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

let coreCount = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))

/// What `/proc/<pid>/status` says about a process; nothing on systems without `/proc`.
struct ProcessStatistics: Sendable {
  let pid: Int
  let parent: Int
  let residentBytes: Int
  let peakResidentBytes: Int
  let threadCount: Int

  init?(pid: Int) {
    guard let text = readWholeFile("/proc/\(pid)/status") else { return nil }
    var fields: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let number = parts[1].split(whereSeparator: \.isWhitespace).first.flatMap({ Int($0) }) else {
        continue
      }
      fields[parts[0]] = number
    }
    guard let parent = fields["PPid"], let threads = fields["Threads"] else { return nil }
    self.pid = pid
    self.parent = parent
    threadCount = threads
    // Kernel units are KiB; a process that has just ended has no memory lines.
    residentBytes = (fields["VmRSS"] ?? 0) << 10
    peakResidentBytes = (fields["VmHWM"] ?? 0) << 10
  }

  static var current: ProcessStatistics? { ProcessStatistics(pid: Int(getpid())) }

  /// This process first, then its children, theirs, and so on.
  static var currentAndDescendants: [ProcessStatistics] {
    let all = processIdentifiers().compactMap { ProcessStatistics(pid: $0) }
    guard let root = all.first(where: { $0.pid == Int(getpid()) }) else { return [] }
    var family = [root]
    var next = 0
    while next < family.count {
      let parent = family[next].pid
      family += all.filter { $0.parent == parent && $0.pid != parent }
      next += 1
    }
    return family
  }

  private static func processIdentifiers() -> [Int] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var result: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let pid = Int(name) { result.append(pid) }
    }
    return result
  }
}

private func readWholeFile(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}
