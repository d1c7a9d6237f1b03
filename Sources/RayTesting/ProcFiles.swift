internal import Ray

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Reads `/proc` with plain calls in a loop: larger readers see only the first page of such a file now and then.
enum ProcFiles {
  static func workers() -> [Int32: String] {
    var result: [Int32: String] = [:]
    for thread in names(in: "/proc/self/task") {
      for word in text("/proc/self/task/\(thread)/children").split(separator: " ") {
        guard let pid = Int32(word), let state = workerState(pid) else { continue }
        result[pid] = state
      }
    }
    return result
  }

  /// A zombie has no environment any more, so it counts when it bears our name.
  private static func workerState(_ pid: Int32) -> String? {
    let status = text("/proc/\(pid)/stat")
    guard let end = status.lastIndex(of: ")") else { return nil }
    let isZombie = status[end...].dropFirst(2).first == "Z"
    if isZombie {
      let name = status[..<end].drop { $0 != "(" }.dropFirst()
      return name == text("/proc/self/comm").dropLast() ? "not collected" : nil
    }
    return text("/proc/\(pid)/environ").split(separator: "\0").contains { $0.hasPrefix(marker) } ? "alive" : nil
  }

  private static var marker: String { WorkerLaunch.environmentVariable + "=" }

  static func descriptors() -> [Int32: String] {
    var result: [Int32: String] = [:]
    for name in names(in: "/proc/self/fd") {
      guard let number = Int32(name), let target = link("/proc/self/fd/\(name)") else { continue }
      result[number] = target
    }
    return result
  }

  /// The engine's threads, which bear its name: those of dispatch pools and of the program's own come and go.
  static func threads() -> [Int32: String] {
    var result: [Int32: String] = [:]
    for name in names(in: "/proc/self/task") {
      guard let number = Int32(name) else { continue }
      let title = text("/proc/self/task/\(name)/comm").dropLast()
      if title.hasPrefix("ray-") { result[number] = String(title) }
    }
    return result
  }

  // MARK: Files

  static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var result: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { result.append(name) }
    }
    return result
  }

  private static func link(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let count = readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
      return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
  }
}
