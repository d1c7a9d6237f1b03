internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Turns the `-errno` results of the C layer into typed errors that say what to do.
enum System {
  @discardableResult
  static func check(_ result: Int32, _ what: @autoclosure () -> String) throws(TransportError) -> Int32 {
    if result >= 0 { return result }
    throw error(-result, what())
  }

  static func error(_ number: Int32, _ what: String) -> TransportError {
    let text = String(cString: strerror(number))
    switch number {
    case EMFILE:
      return TransportError(
        code: .descriptorLimit,
        message: "\(what): this process has no file descriptors left (\(text)): raise `ulimit -n`, now \(descriptorLimit)",
        errorNumber: number)
    case ENFILE:
      return TransportError(
        code: .descriptorLimit,
        message: "\(what): the system has no file descriptors left (\(text)): raise `sysctl fs.file-max`", errorNumber: number)
    case EPIPE, ECONNRESET:
      return TransportError(code: .closed, message: "\(what): the peer is gone (\(text))", errorNumber: number)
    default:
      return TransportError(code: .systemCall, message: "\(what): \(text) (errno \(number))", errorNumber: number)
    }
  }

  private static var descriptorLimit: String {
    var limit = rlimit()
    #if canImport(Glibc)
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return "unknown" }
    #else
      guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return "unknown" }
    #endif
    return "\(limit.rlim_cur)"
  }

  /// Nanoseconds of the monotonic clock.
  static var now: UInt64 { cray_now_ns() }
}

extension Duration {
  /// Whole nanoseconds, clamped: negative durations are 0, those beyond 292 years are 292 years.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    if seconds >= 9_223_372_036 { return UInt64(Int64.max) }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
