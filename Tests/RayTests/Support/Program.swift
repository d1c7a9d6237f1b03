import RayTesting
import RayTransport
import Testing

#if os(Linux)
  import Glibc

  /// This very program, started with other variables; its standard output is read.
  final class Program: @unchecked Sendable {
    // Sendable: one test uses it, one call after another.
    private let child: ChildProcess
    private let reader: Int32

    init(environment: [String: String]) throws {
      var pipes: [Int32] = [-1, -1]
      let made = pipe(&pipes)
      try #require(made == 0)
      _ = fcntl(pipes[0], F_SETFD, FD_CLOEXEC)
      var options = ChildProcess.Options(path: "/proc/self/exe")
      options.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
      options.standardOutput = pipes[1]
      defer { close(pipes[1]) }
      child = try ChildProcess(options)
      reader = pipes[0]
    }

    /// The next line it prints; the test's time limit bounds it.
    func line() async -> String {
      await withCheckedContinuation { continuation in
        BlockingThread.run { [reader] in
          var bytes: [UInt8] = []
          var byte: UInt8 = 0
          while read(reader, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
          continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
      }
    }

    func kill() throws {
      let result = Glibc.kill(child.processID, SIGKILL)
      try #require(result == 0)
    }

    /// Everything until the program ends; the test's time limit bounds it.
    func output() async -> String {
      await withCheckedContinuation { continuation in
        BlockingThread.run { [reader] in
          var bytes: [UInt8] = []
          var buffer = [UInt8](repeating: 0, count: 4096)
          while true {
            let count = read(reader, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
          }
          close(reader)
          continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
      }
    }

    func status() throws -> ChildProcess.ExitStatus? { try child.waitForExit() }
  }
#endif
