internal import Synchronization

/// The calls that run in this process, by name.
enum NativeCalls {
  /// Few: one per thread of Ray's.
  private static let running = Mutex<[ObjectIdentifier: String]>([:])

  static func begin(_ call: RunningCall, name: String) { running.withLock { $0[ObjectIdentifier(call)] = name } }
  static func end(_ call: RunningCall) { running.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(call)) } }

  static var currentName: String? {
    guard let call = RunningCall.current else { return nil }
    return running.withLock { $0[ObjectIdentifier(call)] }
  }
}
