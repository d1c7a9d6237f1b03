import Ray
import RayTesting
import RayTransport
import Testing

#if os(Linux)
  import Glibc

  /// This test program as a driver of its own, to be killed in the middle of its work.
  @section(".init_array") @used private let killedProgramHook: @convention(c) () -> Void = { KilledProgram.runIfRequested() }

  @Remote private func processIdentifier() -> Int32 { getpid() }
  @Remote private func busy(_ gate: ActorHandle<Gate>) async throws -> Int {
    try await gate.passed.remote().value
    return 1
  }

  enum KilledProgram {
    static let variable = "RAY_TEST_KILLED_DRIVER"

    /// Starts workers, an actor, running and waiting calls and stored values, prints the processes, and stays.
    static func runIfRequested() {
      guard environmentVariable(variable) != nil, environmentVariable(WorkerLaunchVariable.name) == nil else { return }
      Task {
        do {
          try await Ray.initialize(RayConfiguration(numCPUs: 2, logToDriver: false))
          let gate = try Gate.remote()
          let calls = try (0..<10).map { _ in try $busy.remote(gate) }
          try await gate.arrived.remote(count: 2).value
          let values = try (0..<4).map { _ in try Ray.put([UInt8](repeating: 1, count: 8 << 20)) }
          let workers = try await Ray.get(try (0..<20).map { _ in try $processIdentifier.remote() })
          let all = Set(workers).union(ProcessCensus().workers.keys)
          print(all.map(String.init).joined(separator: " "))
          fflush(nil)
          withExtendedLifetime((calls, values)) { blockForEver() }
        } catch {
          print("failed: \(error)")
          leaveProcess(1)
        }
      }
      blockForEver()
    }
  }

  extension RayConformance {
    /// SIGKILL leaves a driver no time to say good-bye.
    @Suite struct KilledDriver {
      @Test func itsProcessesEndWithIt() async throws {
        let segments = try sharedMemory()
        let program = try Program(environment: [KilledProgram.variable: "1"])
        let line = await program.line()
        let workers = line.split(separator: " ").compactMap { Int32($0) }
        #expect(workers.count >= 3, "two workers and the actor's: \(line)")
        for worker in workers { #expect(kill(worker, 0) == 0, "worker \(worker) runs before the driver is killed") }
        try program.kill()
        let status = try program.status()
        #expect(status == .signalled(signal: SIGKILL, dumpedCore: false))
        for worker in workers { try await ProcessEnd.of(worker) }
        // The store has no name: with the last process it is gone.
        #expect(try sharedMemory() == segments)
      }

      private func sharedMemory() throws -> Set<String> {
        let directory = try #require(opendir("/dev/shm"))
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
          names.insert(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
      }
    }
  }
#endif
