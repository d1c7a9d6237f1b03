/// The thread that starts Python and stays as long as the process.
///
/// Python calls it the main thread. Ray's own processes are its children in the eyes of Linux, which ends them together with the
/// *thread* that started them; the threads of Swift's pool come and go.
final class PythonHome: @unchecked Sendable {
  // Sendable: `work` is guarded by `monitor`.
  static let shared = PythonHome()

  private let monitor = Monitor()
  private var work: [@Sendable () -> Void] = []
  private var isStarted = false

  /// Runs `body` there and waits for it.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let answer = Answer<Result>()
    monitor.lock()
    if !isStarted {
      isStarted = true
      SystemThread.start("ray-python", stackByteCount: 16 << 20) { [self] in live() }
    }
    work.append {
      let result = Swift.Result { try body() }
      self.monitor.withLock {
        answer.result = result
        self.monitor.signal()
      }
    }
    monitor.signal()
    while answer.result == nil { monitor.wait() }
    let result = answer.result
    monitor.unlock()
    return try result!.get()
  }

  private func live() -> Never {
    while true {
      monitor.lock()
      while work.isEmpty { monitor.wait() }
      let next = work.removeFirst()
      monitor.unlock()
      next()
    }
  }

  private final class Answer<Value>: @unchecked Sendable {
    // Sendable: guarded by the monitor of the one who waits for it.
    var result: Swift.Result<Value, any Error>?
  }
}
