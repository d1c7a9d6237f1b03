/// Who is inside Ray. Ray must not be taken down under a thread that waits in it: it would read memory that is gone.
final class Gate: @unchecked Sendable {
  // Sendable: everything is guarded by `monitor`.
  private enum Phase {
    case open
    /// Nobody goes in until it is known what those find who come.
    case closing
    case closed
  }

  private let monitor = Monitor()
  private var phase = Phase.open
  private var inside = 0

  /// Runs the body, which may block in Ray; nil when Ray is gone.
  func pass<Result>(_ body: () throws -> Result) rethrows -> Result? {
    guard enter() else { return nil }
    defer { leave() }
    return try body()
  }

  private func enter() -> Bool {
    monitor.withLock {
      while phase == .closing { monitor.wait() }
      if phase == .open { inside += 1 }
      return phase == .open
    }
  }

  private func leave() {
    monitor.withLock {
      inside -= 1
      if phase == .closing { monitor.signal() }
    }
  }

  /// Lets nobody in any more, and waits for those who are there: they look up after a slice, unless Ray keeps them.
  func close() {
    monitor.withLock {
      phase = .closing
      for _ in 0..<Self.patience where inside > 0 { monitor.wait(milliseconds: Pump.slice) }
    }
  }

  private static var patience: Int { 25 }

  /// What is waited for has failed by now, so that whoever comes can be told.
  func finish() {
    monitor.withLock {
      phase = .closed
      monitor.signal()
    }
  }
}
