import Ray
import RayTesting
import RayTransport
import Testing

#if os(Linux)
  import Glibc

  /// This test program as a driver of its own, with a limit of the system set before Ray starts.
  @section(".init_array") @used private let limitedProgramHook: @convention(c) () -> Void = { LimitedProgram.runIfRequested() }

  @Remote private func twice(_ x: Int) -> Int {
    print("twice \(x)")
    return 2 * x
  }

  enum LimitedProgram {
    static let variable = "RAY_TEST_LIMIT"

    /// `NOFILE=20` or `FSIZE=4096`: sets both the soft and the hard limit; `DISK=0`: lets all output go to a full disk. Calls a
    /// function and an actor, and prints how it went.
    static func runIfRequested() {
      guard let text = environmentVariable(variable), environmentVariable(WorkerLaunchVariable.name) == nil else { return }
      let parts = text.split(separator: "=")
      guard parts.count == 2, let value = UInt(parts[1]) else { exit(64) }
      let isDiskFull = parts[0] == "DISK"
      // Where descriptors are few, none is taken.
      let output = isDiskFull ? dup(STDOUT_FILENO) : STDOUT_FILENO
      if isDiskFull { fillDisk() } else { setLimit(parts[0] == "FSIZE" ? RLIMIT_FSIZE : RLIMIT_NOFILE, rlim_t(value)) }
      Task {
        let report = await call(logToDriver: isDiskFull)
        await Ray.shutdown()
        _ = (report + "\nend\n").withCString { write(output, $0, strlen($0)) }
        leaveProcess(0)
      }
      blockForEver()
    }

    private static func setLimit(_ resource: __rlimit_resource, _ value: rlim_t) {
      var limit = rlimit(rlim_cur: value, rlim_max: value)
      guard setrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { exit(65) }
    }

    private static func fillDisk() {
      let full = open("/dev/full", O_WRONLY)
      guard full >= 0, dup2(full, STDOUT_FILENO) >= 0, dup2(full, STDERR_FILENO) >= 0 else { exit(66) }
    }

    private static func call(logToDriver: Bool) async -> String {
      do {
        try await Ray.initialize(RayConfiguration(numCPUs: 3, objectStoreMemory: 16 << 20, logToDriver: logToDriver))
        let sum = try await Ray.get(try (0..<4).map { try $twice.remote($0) }).reduce(0, +)
        let count = try await Counter.remote().add.remote(1).value
        return "result \(sum) \(count)"
      } catch let error as RayError {
        return "error \(error.code): \(error.message)"
      } catch {
        return "other \(type(of: error)) \(error)"
      }
    }
  }

  enum WorkerLaunchVariable { static let name = "SWIFT_RAY_WORKER" }

  extension RayConformance {
    /// A system that gives less than Ray needs: a result or a typed error, and an end in any case.
    @Suite struct Limits {
      private func run(_ limit: String) async throws -> String {
        let program = try Program(environment: [LimitedProgram.variable: limit])
        let output = await program.output()
        let status = try program.status()
        #expect(status == .exited(code: 0), "\(limit): \(output)")
        #expect(output.hasSuffix("end\n"), "\(limit): \(output)")
        return output
      }

      @Test(arguments: [7, 9, 12, 16, 20, 24, 28, 34, 40, 50]) func fewDescriptors(_ count: Int) async throws {
        let output = try await run("NOFILE=\(count)")
        let isFine = output.contains("result 12 1")
        let isTyped = ["systemLimit", "workerStartFailed", "actorDied", "nodeDied"].contains { output.contains("error \($0)") }
        #expect(isFine || isTyped, "\(output)")
      }

      @Test func enoughDescriptorsAreEnough() async throws {
        let output = try await run("NOFILE=256")
        #expect(output.contains("result 12 1"), "\(output)")
      }

      @Test func aFullDiskLosesOutputAndNothingElse() async throws {
        let output = try await run("DISK=0")
        #expect(output.contains("result 12 1"), "\(output)")
      }

      @Test(arguments: [0, 4096, 1 << 20]) func noRoomForTheObjectStore(_ byteCount: Int) async throws {
        let output = try await run("FSIZE=\(byteCount)")
        #expect(output.contains("error systemLimit") && output.contains("object store"), "\(output)")
      }
    }
  }
#endif
