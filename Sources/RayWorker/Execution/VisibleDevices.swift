internal import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Tells libraries which GPUs the work in this process may use, as Ray does: through `CUDA_VISIBLE_DEVICES`.
///
/// Work without GPUs leaves the variable as it was.
enum VisibleDevices {
  private static let variable = "CUDA_VISIBLE_DEVICES"
  /// What the process was started with.
  private static let inherited = getenv(variable).map { String(cString: $0) }

  static func show(_ assigned: AssignedResources) {
    guard !assigned.gpus.isEmpty else { return }
    _ = inherited
    setenv(variable, assigned.gpus.map { String($0.index) }.joined(separator: ","), 1)
  }

  /// A lease ended; the next one says what it may use.
  static func restore(after assigned: AssignedResources?) {
    guard let assigned, !assigned.gpus.isEmpty else { return }
    if let inherited { setenv(variable, inherited, 1) } else { unsetenv(variable) }
  }
}
