internal import Synchronization

/// The calls that run in this process.
enum NativeCalls {
  private struct Call {
    var running: RunningCall
    var name: String
  }

  /// Few: one per thread of Ray's.
  private static let calls = Mutex<[Call]>([])

  static func begin(_ call: RunningCall, name: String) { calls.withLock { $0.append(Call(running: call, name: name)) } }
  static func end(_ call: RunningCall) { calls.withLock { $0.removeAll { $0.running === call } } }

  static var currentName: String? { current?.name }

  /// Notes for the call whose code runs now that it has asked for something which native workers do not have.
  static func lack(_ what: String) { (RunningCall.current ?? current?.running)?.lack(what) }

  /// Detached tasks do not inherit their call; where only one runs, it is that one.
  private static var current: Call? {
    let own = RunningCall.current
    return calls.withLock { calls in
      if let own { return calls.first { $0.running === own } }
      return calls.count == 1 ? calls.first : nil
    }
  }
}
