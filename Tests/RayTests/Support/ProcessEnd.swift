import RayTesting
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Waits for the end of a process that is nobody's to wait for: the system offers no event without a descriptor of it.
enum ProcessEnd {
  static func of(_ process: Int32) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while kill(process, 0) == 0 {
      try #require(ContinuousClock.now < deadline, "process \(process) is still there")
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
