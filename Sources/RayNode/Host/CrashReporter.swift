internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Lets workers that crash print a backtrace: Swift's runtime does it, where the toolchain's backtracer is found.
enum CrashReporter {
  static let environmentVariable = "SWIFT_BACKTRACE"

  /// What a worker gets in ``environmentVariable`` unless the user has set it. Made once, when the first worker starts.
  static let setting: String = backtracer.map { "\(format),swift-backtrace=\($0)" } ?? "enable=no"

  /// Short enough for the tail of the log, plain enough for a file, and nothing that waits for an answer.
  private static let format =
    "enable=yes,interactive=no,color=no,threads=crashed,registers=none,images=none,limit=16,top=0,warnings=suppressed"

  private static var backtracer: String? {
    #if os(Linux)
      // The runtime itself looks beside its library only, and complains on standard error at every start where it finds nothing.
      for root in [environment("SWIFT_ROOT"), libraryRoot, toolRoot] {
        guard let root else { continue }
        for name in ["swift-backtrace", "swift-backtrace-static"] {
          let path = "\(root)/libexec/swift/linux/\(name)"
          // Its settings are separated by commas and spaces.
          if access(path, X_OK) == 0, !path.contains(where: { $0 == "," || $0.isWhitespace }) { return path }
        }
      }
    #endif
    return nil
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// `usr` of a toolchain whose `usr/lib/swift/linux/libswiftCore.so` this program uses.
  private static var libraryRoot: String? {
    let path = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      cray_library_of_symbol("swift_retain", buffer.baseAddress!, UInt32(buffer.count))
      return String(cString: buffer.baseAddress!)
    }
    return path.hasSuffix("/libswiftCore.so") ? parent(path, levels: 4) : nil
  }

  /// `usr` of the toolchain in the search path: for programs that contain the runtime.
  private static var toolRoot: String? {
    for folder in environment("PATH")?.split(separator: ":") ?? [] {
      guard let path = realpath("\(folder)/swift", nil) else { continue }
      defer { free(path) }
      return parent(String(cString: path), levels: 2)
    }
    return nil
  }

  private static func parent(_ path: String, levels: Int) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count > levels ? parts.dropLast(levels).joined(separator: "/") : nil
  }
}
