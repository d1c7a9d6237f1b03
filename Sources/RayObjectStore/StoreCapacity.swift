internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Decides how large a store may be. A limit that is found too late is an out-of-memory kill, so it is looked up beforehand.
package struct StoreCapacity: Sendable, Hashable {
  /// Bytes of memory in the machine.
  package var physical: Int
  /// The tightest memory limit of this process's control groups, if any.
  package var limit: Int?

  package init(physical: Int, limit: Int?) {
    self.physical = physical
    self.limit = limit
  }

  /// Looks at the machine and, on Linux, at both versions of control groups.
  package static func current() -> StoreCapacity {
    let physical = Int(clamping: cray_shm_physical_memory())
    return StoreCapacity(physical: physical, limit: controlGroupLimit { readSmallFile($0) })
  }

  /// Bytes for objects: what was asked for, else 30 % of memory; never more than there is, in whole blocks, at least one.
  package func byteCount(requested: Int?) -> Int {
    let available = min(physical, limit ?? physical)
    let wanted = min(requested ?? available / 10 * 3, available)
    let size = StoreLayout.blockSize
    return max(size, wanted / size * size)
  }

  // MARK: Control groups

  /// The smallest limit on the way from this process's group to the root; `read` returns a file's text or nil.
  package static func controlGroupLimit(read: (String) -> String?) -> Int? {
    guard let groups = read("/proc/self/cgroup") else { return nil }
    var limits: [Int] = []
    for line in groups.split(separator: "\n") {
      // "4:memory:/some/group" in version 1, "0::/some/group" in version 2.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0" && fields[1].isEmpty {
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
          limits += self.limits(under: root, group: fields[2], file: "memory.max", read: read)
        }
      } else if fields[1].split(separator: ",").contains("memory") {
        limits += self.limits(under: "/sys/fs/cgroup/memory", group: fields[2], file: "memory.limit_in_bytes", read: read)
      }
    }
    return limits.min()
  }

  private static func limits(under root: String, group: Substring, file: String, read: (String) -> String?) -> [Int] {
    // Inside a container the path may be the host's; the root of the mount is then the container's own group.
    var parts = group.split(separator: "/")
    var found: [Int] = []
    while true {
      let path = ([root] + parts.map(String.init) + [file]).joined(separator: "/")
      // "max", or a page-rounded maximum of 64 bits, means none.
      if let text = read(path), let limit = Int(text.prefix { $0.isNumber }), limit > 0, limit < 1 << 60 { found.append(limit) }
      if parts.popLast() == nil { return found }
    }
  }

  private static func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var page = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = read(descriptor, &page, page.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += page[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
