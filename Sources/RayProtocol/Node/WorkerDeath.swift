/// How a worker process ended.
package enum WorkerExit: Hashable, Sendable {
  case exited(code: Int32)
  case signalled(Int32)
  /// The kernel killed it because memory ran out.
  case outOfMemory
  /// It never came up: the executable is missing, or it ended before it said hello.
  case startFailed(String)
  /// The node ended it on purpose; the text says for what.
  case stopped(String)
  /// It sent bytes that are no valid message and was cut off.
  case protocolViolation(String)
  /// Nobody saw the exit status.
  case unknown
}

/// Everything the parent knows about a dead child.
package struct WorkerDeath: Hashable, Sendable {
  package var worker: WorkerID
  package var processID: Int32
  package var exit: WorkerExit
  /// The last lines it printed.
  package var logTail: [String]

  package init(worker: WorkerID, processID: Int32, exit: WorkerExit, logTail: [String] = []) {
    self.worker = worker
    self.processID = processID
    self.exit = exit
    self.logTail = logTail
  }
}

extension WorkerExit: CustomStringConvertible {
  package var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let number):
      "killed by signal \(number)\(Self.signalNames[number].map { " (\($0))" } ?? "")"
    case .outOfMemory: "killed because memory ran out"
    case .startFailed(let reason): "did not start: \(reason)"
    case .stopped(let reason): "stopped: \(reason)"
    case .protocolViolation(let reason): "cut off after a malformed message: \(reason)"
    case .unknown: "ended for an unknown reason"
    }
  }

  /// Numbers shared by Linux and macOS.
  private static let signalNames: [Int32: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
  ]
}

extension WorkerDeath: CustomStringConvertible {
  package var description: String { "worker \(worker) (pid \(processID)) \(exit)" }
}
