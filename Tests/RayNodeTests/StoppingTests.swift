internal import RayNode
internal import RayProtocol
internal import RayTransport
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ProcessTests {
  @Suite struct StoppingTests {
    @Test func nothingIsLeftAfterAStop() async throws {
      // The first node of a process leaves what every process has afterwards: locale tables, random source.
      try TestDriver().stop()
      let descriptors = openDescriptors()
      var processes: [Int32] = []
      try await withDriver { driver in
        driver.send(.createActor(.none, ActorSpec(id: ActorID(creator: driver.id, index: 1), className: "Counter")))
        let grant = try await driver.lease()
        _ = try await driver.command(grant.worker, "echo hi")
        try await driver.idle(1)
        processes = driver.node.processIDs()
        #expect(processes.count >= 3)
      }
      #expect(processes.filter { kill($0, 0) == 0 } == [], "processes, or zombies, are left")
      #expect(openDescriptors() == descriptors)
    }

    @Test func stoppingIsFastWhenWorkersAreFine() async throws {
      let clock = ContinuousClock()
      let driver = try TestDriver()
      try await driver.idle(2)
      let duration = clock.measure { driver.stop() }
      #expect(duration < .milliseconds(800), "the grace was waited for: \(duration)")
    }

    @Test func stoppingTwiceIsStoppingOnce() throws {
      let driver = try TestDriver()
      driver.node.stop()
      driver.node.stop()
      driver.stop()
      #expect(throws: RayError.self) {
        let socket = try driver.node.connectDriver()
        close(socket.release())
      }
    }

    @Test func aNodeThatWasNeverStartedStops() throws {
      let node = try NodeManager(TestDriver.configuration())
      node.stop()
    }

    @Test func workersThatDoNotListenAreKilledAfterTheGrace() async throws {
      let configuration = TestDriver.configuration {
        $0.environment = [FakeWorker.misbehaviour: "deaf"]
        $0.shutdownGrace = .milliseconds(50)
      }
      let driver = try TestDriver(configuration)
      try await driver.idle(2)
      let processes = driver.node.processIDs()
      driver.stop()
      #expect(processes.count == 2)
      #expect(processes.filter { kill($0, 0) == 0 } == [])
    }

    @Test func theDriverIsToldThatTheNodeEnds() async throws {
      let driver = try TestDriver()
      try await driver.idle(2)
      driver.node.stop()
      _ = try await driver.event { if case .shutdown = $0 { true } else { nil } }
      driver.stop()
    }

    #if os(Linux)
      @Test func workersDoNotOutliveADriverThatIsKilled() throws {
        var pipes: [Int32] = [-1, -1]
        let made = pipe(&pipes)
        try #require(made == 0)
        var options = ChildProcess.Options(path: "/proc/self/exe")
        options.environment = [FakeDriver.variable: "1", "PATH": "/usr/bin:/bin"]
        options.standardOutput = pipes[1]
        let child = try ChildProcess(options)
        close(pipes[1])
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(pipes[0], &bytes, bytes.count)
        close(pipes[0])
        let workers = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
          .compactMap { Int32($0) }
        #expect(workers.count == 2)
        #expect(workers.allSatisfy(isRunning))
        try child.signal(SIGKILL)
        _ = try child.waitForExit()
        // Bounded by the suite's time limit: if a worker lives on, this never ends.
        while workers.contains(where: isRunning) { usleep(500) }
      }
    #endif

    private func openDescriptors() -> Int {
      guard let directory = opendir("/proc/self/fd") else { return -1 }
      defer { closedir(directory) }
      var count = 0
      while readdir(directory) != nil { count += 1 }
      return count
    }
  }
}
