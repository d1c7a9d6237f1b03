internal import CRayShims
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A child process that can be signalled without hitting a stranger and that is reaped exactly once.
///
/// ```swift
/// var options = ChildProcess.Options(path: "/proc/self/exe", arguments: ["worker"])
/// let pair = try SocketPair()
/// let child = try ChildProcess(options, descriptors: [pair.second.raw])  // becomes descriptor 3
/// let status = try child.terminate(grace: .seconds(5))
/// ```
package final class ChildProcess: Sendable {
  package struct Options: Sendable {
    /// The executable; no search along PATH.
    package var path: String
    /// `argv[0]` is `path`, these follow.
    package var arguments: [String] = []
    /// Nil for the parent's.
    package var environment: [String: String]?
    /// Nil for the parent's.
    package var directory: String?
    /// Descriptors for standard input, output and error; nil inherits.
    package var standardInput: Int32?
    package var standardOutput: Int32?
    package var standardError: Int32?
    package var isProcessGroupLeader = true
    package var isSessionLeader = false
    /// SIGKILL for the child when the spawning thread ends. Not the process: Linux binds this to the thread, so spawn from
    /// one that lives as long as the process, and treat the end of the socket's stream as the first sign of a dead parent.
    package var diesWithParentThread = false

    package init(path: String, arguments: [String] = []) {
      self.path = path
      self.arguments = arguments
    }
  }

  /// How a process ended.
  package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(code: Int32)
    case signalled(signal: Int32, dumpedCore: Bool)

    package var description: String {
      switch self {
      case .exited(let code): "exited with code \(code)"
      case .signalled(let signal, let dumped):
        "ended by signal \(signal) (\(String(cString: strsignal(signal))))\(dumped ? ", core dumped" : "")"
      }
    }
  }

  package let processID: Int32
  /// Readable once the process ended: ``EventLoop/watch(_:onReadable:)`` it to learn of the end.
  package var descriptor: Int32 { pidfd.raw }
  private let pidfd: OwnedDescriptor
  private let isProcessGroupLeader: Bool
  private let lock = Lock()
  /// Guarded by `lock`; set once.
  private nonisolated(unsafe) var status: ExitStatus?

  /// Starts a process; a missing or unusable executable is an error here.
  ///
  /// - Parameter descriptors: Become 3, 4, ... in the child. It gets no others.
  package init(_ options: Options, descriptors: [Int32] = []) throws(TransportError) {
    guard descriptors.count <= Int(CRAY_SPAWN_DESCRIPTORS_MAX) else {
      throw TransportError(
        code: .invalidArgument, message: "a child can be given \(CRAY_SPAWN_DESCRIPTORS_MAX) descriptors at most")
    }
    var pid: pid_t = -1
    var raw: Int32 = -1
    let result = Self.spawn(options, descriptors, &pid, &raw)
    try System.check(result, "cannot start \(options.path)")
    processID = pid
    pidfd = OwnedDescriptor(adopting: raw)
    isProcessGroupLeader = options.isProcessGroupLeader || options.isSessionLeader
  }

  /// Kills and reaps a child that nobody waited for: no orphan, no zombie.
  deinit {
    guard status == nil else { return }
    signalEverything(SIGKILL)
    _ = try? waitForExit()
  }

  // MARK: Signals and the end

  /// Signals the process itself; harmless once it ended.
  package func signal(_ number: Int32) throws(TransportError) {
    let result = cray_pidfd_signal(pidfd.raw, number)
    if result < 0, result != -ESRCH { throw System.error(-result, "cannot signal process \(processID)") }
  }

  /// How the process ended, or nil while it runs. Reaps it.
  package func exitStatus() throws(TransportError) -> ExitStatus? {
    lock.lock()
    defer { lock.unlock() }
    return try reap(blocking: false)
  }

  /// Waits for the end at most `timeout`; nil when it still runs. Blocks the calling thread.
  package func waitForExit(for timeout: Duration? = nil) throws(TransportError) -> ExitStatus? {
    if let status = try exitStatus() { return status }
    let nanoseconds = timeout.map { Int64(clamping: $0.clampedNanoseconds) } ?? -1
    // Waiting on the pidfd, not in waitid: other threads can still signal and ask meanwhile.
    try System.check(cray_wait_readable(pidfd.raw, nanoseconds), "cannot wait for process \(processID)")
    return try exitStatus()
  }

  /// Asks the process to end (SIGTERM), gives it `grace`, then ends it and its process group (SIGKILL). Blocks; always reaps.
  package func terminate(grace: Duration) throws(TransportError) -> ExitStatus {
    try signal(SIGTERM)
    if let status = try waitForExit(for: grace) {
      return status
    }
    signalEverything(SIGKILL)
    while true {
      if let status = try waitForExit() { return status }
    }
  }

  /// Ends the process and its process group at once.
  package func kill() { signalEverything(SIGKILL) }

  private func signalEverything(_ number: Int32) {
    lock.lock()
    defer { lock.unlock() }
    // Not reaped yet, so nobody else can have this process group number.
    guard status == nil else { return }
    if isProcessGroupLeader { _ = Self.killGroup(processID, number) }
    _ = cray_pidfd_signal(pidfd.raw, number)
  }

  private static func killGroup(_ group: pid_t, _ number: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.kill(-group, number)
    #elseif canImport(Musl)
      Musl.kill(-group, number)
    #else
      Darwin.kill(-group, number)
    #endif
  }

  private func reap(blocking: Bool) throws(TransportError) -> ExitStatus? {
    if let status { return status }
    var raw = cray_exit_status()
    let result = try System.check(cray_pidfd_wait(pidfd.raw, blocking, &raw), "cannot reap process \(processID)")
    guard result == 1 else { return nil }
    status = raw.signalled ? .signalled(signal: raw.code, dumpedCore: raw.core_dumped) : .exited(code: raw.code)
    return status
  }
}
