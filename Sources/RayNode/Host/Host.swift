internal import CRayShims
package import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What this machine, or the container this process runs in, lets it use.
package enum Host {
  /// The program that runs now, also when its file was replaced meanwhile.
  package static var executablePath: String {
    #if canImport(Darwin)
      var size: UInt32 = 4096
      var path = [CChar](repeating: 0, count: Int(size))
      guard _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments.first ?? "" }
      return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #else
      return "/proc/self/exe"
    #endif
  }

  /// CPUs, memory and GPUs this process may use. A part of the memory is left to the object store.
  package static var resources: ResourceSet {
    ResourceSet([
      ResourceSet.cpu: Double(cpuCount), ResourceSet.gpu: Double(gpuIndices.count),
      ResourceSet.memory: (Double(memoryByteCount) * 0.7).rounded(),
    ])
  }

  /// CPUs this process may run on, within the control group's quota.
  static var cpuCount: Int {
    let quota = ControlGroup.cpuQuota.map { max(1, Int($0)) } ?? .max
    return min(allowedCPUCount, quota)
  }

  private static var allowedCPUCount: Int { Int(cray_allowed_cpu_count()) }

  /// Bytes of memory this process may use.
  static var memoryByteCount: Int {
    let physical = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    return min(physical, ControlGroup.memoryLimit ?? .max)
  }

  /// Numbers of the GPUs this process may use.
  static var gpuIndices: [UInt16] {
    gpuIndices(visible: getenv("CUDA_VISIBLE_DEVICES").map { String(cString: $0) }, present: nvidiaDevices)
  }

  /// `visible` is the list of numbers or names in CUDA_VISIBLE_DEVICES; names (UUIDs) count by their position.
  static func gpuIndices(visible: String?, present: [UInt16]) -> [UInt16] {
    guard let visible else { return present }
    var indices: [UInt16] = []
    for (position, part) in visible.split(separator: ",").enumerated() {
      let name = part.drop { $0 == " " }
      if let number = Int(name) {
        // CUDA stops at the first device that does not exist.
        guard let index = UInt16(exactly: number), present.contains(index) else { break }
        indices.append(index)
      } else {
        guard position < present.count else { break }
        indices.append(UInt16(position))
      }
    }
    return indices
  }

  private static var nvidiaDevices: [UInt16] {
    guard let directory = opendir("/dev") else { return [] }
    defer { closedir(directory) }
    var indices: [UInt16] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasPrefix("nvidia"), let index = UInt16(name.dropFirst("nvidia".count)) else { continue }
      indices.append(index)
    }
    return indices.sorted()
  }

  /// The first bytes of a small file; nil when it cannot be read.
  static func contents(of path: String, byteCountMax: Int = 16_384) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    var count = 0
    while count < byteCountMax {
      let result = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, byteCountMax - count) }
      guard result > 0 else { break }
      count += result
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

extension Host {
  /// A node needs four descriptors per worker; the usual soft limit of 1024 is kept low for programs that use `select`.
  static func raiseDescriptorLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, 65_536)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    // Refused means that fewer workers fit; each failure then says so.
    _ = setrlimit(resource, &limit)
  }
}

extension Host {
  static var processID: Int32 { getpid() }

  /// The environment of this process.
  static var environment: [String: String] {
    var result: [String: String] = [:]
    var entry = cray_environment()
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let separator = pair.firstIndex(of: "=") {
        result[String(pair[..<separator])] = String(pair[pair.index(after: separator)...])
      }
      entry += 1
    }
    return result
  }
}
