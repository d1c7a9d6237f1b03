import RayTransport
import Testing

#if os(Linux)
  import Glibc

  /// A Ray node of the tests' own, run by Python and shared by the tests that want one of this shape: starting one takes seconds.
  ///
  /// It ends with its standard input, and so with the test process, however that ends.
  final class RayNode: @unchecked Sendable {
    // Sendable: nothing changes after the start.
    struct Shape: Hashable {
      var cpus = 4
      var gpus = 2
      var resources = ["license": 1, "slot": 1, "token": 2]

      /// Most tests do not care how much there is beyond what they ask for.
      static let common = Shape()
    }

    let address: String
    private let child: ChildProcess
    private let input: Int32

    private static let script = """
      import json, os, sys
      # Starting a worker takes a second, and Ray ends idle ones beyond the number of CPUs: nested calls would pay each time.
      os.environ["RAY_num_workers_soft_limit"] = "16"
      import ray
      context = ray.init(
          address="local", num_cpus=int(sys.argv[1]), num_gpus=int(sys.argv[2]), resources=json.loads(sys.argv[3]),
          object_store_memory=256 << 20, include_dashboard=False, log_to_driver=False, logging_level="error")
      print("address " + context.address_info["gcs_address"], flush=True)
      sys.stdin.read()
      ray.shutdown()
      """

    init(_ shape: Shape) throws {
      var (input, output): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
      let isMade = pipe(&input) == 0 && pipe(&output) == 0
      try #require(isMade)
      for descriptor in input + output { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      defer {
        close(input[0])
        close(output[0])
        close(output[1])
      }
      let resources = shape.resources.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
      var options = ChildProcess.Options(
        path: Self.interpreter, arguments: ["-c", Self.script, "\(shape.cpus)", "\(shape.gpus)", "{\(resources)}"])
      // What joins the node must know its token. Workers and helpers inherit it, too.
      if environmentVariable("RAY_AUTH_TOKEN") == nil {
        setEnvironmentVariable("RAY_AUTH_MODE", "token")
        setEnvironmentVariable("RAY_AUTH_TOKEN", String(UInt64.random(in: .min ... .max), radix: 16))
      }
      options.standardInput = input[0]
      options.standardOutput = output[1]
      child = try ChildProcess(options)
      self.input = input[1]
      close(output[1])
      output[1] = -1
      let lines = Self.lines(output[0])
      address = try #require(
        lines.last { $0.hasPrefix("address ") }.map { String($0.dropFirst("address ".count)) },
        "no Ray node could be started with \(Self.interpreter): \(lines.joined(separator: " | "))")
    }

    deinit { close(input) }

    private static var interpreter: String {
      if let named = environmentVariable("SWIFTRAY_PYTHON") { return named }
      return (environmentVariable("VIRTUAL_ENV") ?? currentDirectory() + "/.venv") + "/bin/python3"
    }

    /// Everything up to the line with the address.
    private static func lines(_ descriptor: Int32) -> [Substring] {
      var bytes: [UInt8] = []
      var byte: UInt8 = 0
      while read(descriptor, &byte, 1) == 1 {
        bytes.append(byte)
        if byte == UInt8(ascii: "\n"), String(decoding: bytes, as: UTF8.self).contains("address ") { break }
      }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
  }
#endif
