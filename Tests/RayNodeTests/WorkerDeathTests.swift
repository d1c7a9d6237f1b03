internal import RayNode
internal import RayProtocol
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ProcessTests {
  @Suite struct WorkerDeathTests {
    @Test(arguments: [
      ("exit 7", WorkerExit.exited(code: 7)), ("abort", .signalled(SIGABRT)), ("signal 9", .signalled(SIGKILL)),
    ])
    func theParentKnowsWhyItsChildDied(order: String, expected: WorkerExit) async throws {
      try await withDriver { driver in
        let grant = try await driver.lease()
        let answer = try await driver.command(grant.worker, "print famous last words")
        #expect(answer == "done")
        try driver.order(grant.worker, order)
        let death = try await driver.event { if case .leaseRevoked(grant.lease, let death) = $0 { death } else { nil } }
        #expect(death.exit == expected)
        // Behind it stands the report of a crash.
        #expect(death.logTail.first == "famous last words")
        #expect(death.worker == grant.worker)
        let told = try await driver.whyDied(grant.worker)
        #expect(told == death)
        // The demand stands, so another worker takes over.
        let next = try await driver.grant()
        #expect(next.worker != grant.worker)
        let again = try await driver.command(next.worker, "echo again")
        #expect(again == "again")
      }
    }

    @Test func thoseWhoAskBeforeTheDeathAreAnsweredAfterwards() async throws {
      try await withDriver { driver in
        let grant = try await driver.lease()
        driver.send(.whyDied(RequestID(1), grant.worker))
        try driver.order(grant.worker, "exit 3")
        let death = try await driver.event { if case .death(RequestID(1), let death) = $0 { .some(death) } else { .none } }
        #expect(death?.exit == .exited(code: 3))
      }
    }

    @Test func strangersAreUnknown() async throws {
      try await withDriver { driver in
        let death = try await driver.whyDied(WorkerID(42))
        #expect(death == nil)
        driver.send(.connect(WorkerID(42), isRepeated: false))
        let gone = try await driver.event { if case .peerGone(let worker) = $0 { worker } else { nil } }
        #expect(gone == WorkerID(42))
      }
    }

    @Test func aWorkerThatClosesItsSocketAndGoesOnIsEnded() async throws {
      let configuration = TestDriver.configuration { $0.disconnectGrace = .milliseconds(20) }
      try await withDriver(configuration) { driver in
        let grant = try await driver.lease()
        try driver.order(grant.worker, "disconnect")
        let death = try await driver.event { if case .leaseRevoked(grant.lease, let death) = $0 { death } else { nil } }
        #expect("\(death.exit)".contains("closed its connection"))
      }
    }

    @Test func whatAWorkerStartedEndsWithIt() async throws {
      try await withDriver { driver in
        let grant = try await driver.lease()
        let child = try #require(Int32(try await driver.command(grant.worker, "child")))
        #expect(kill(child, 0) == 0)
        try driver.order(grant.worker, "exit 0")
        _ = try await driver.event { if case .leaseRevoked(grant.lease, _) = $0 { true } else { nil } }
        // Killed before its parent was reaped; whoever inherited it reaps it soon.
        while isRunning(child) { await Task.yield() }
      }
    }

    // MARK: Processes that do not come up

    @Test func aMissingExecutableIsTold() async throws {
      let configuration = TestDriver.configuration {
        $0.executable = "/no/such/file"
        $0.startRetryPause = .milliseconds(1)
      }
      try await withDriver(configuration) { driver in
        driver.demand(1)
        let reason = try await driver.event { if case .demandFailed(_, let reason) = $0 { reason } else { nil } }
        #expect(reason.contains("/no/such/file"))
      }
    }

    @Test(arguments: [("exit", "exited with code 3 before it said hello"), ("silent", "did not say hello in time")])
    func workersThatNeverComeUpAreToldAndNotRespawnedForEver(misbehaviour: String, expected: String) async throws {
      let configuration = TestDriver.configuration {
        $0.environment = [FakeWorker.misbehaviour: misbehaviour]
        $0.startTimeout = misbehaviour == "silent" ? .milliseconds(100) : .seconds(20)
        $0.startRetryPause = .milliseconds(1)
      }
      try await withDriver(configuration) { driver in
        driver.demand(1)
        let reason = try await driver.event { if case .demandFailed(_, let reason) = $0 { reason } else { nil } }
        #expect(reason.contains(expected))
        if misbehaviour == "exit" { #expect(reason.contains("cannot start"), "what it printed helps") }
      }
    }

    @Test(arguments: ["token", "garbage"])
    func impostorsAreNotServed(misbehaviour: String) async throws {
      let configuration = TestDriver.configuration {
        $0.environment = [FakeWorker.misbehaviour: misbehaviour]
        $0.startRetryPause = .milliseconds(1)
      }
      try await withDriver(configuration) { driver in
        driver.demand(1)
        _ = try await driver.event { if case .demandFailed(_, let reason) = $0 { reason } else { nil } }
      }
    }
  }
}

/// Whether a process exists and is no zombie.
func isRunning(_ processID: Int32) -> Bool {
  guard kill(processID, 0) == 0 else { return false }
  let descriptor = open("/proc/\(processID)/stat", O_RDONLY)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 512)
  let count = read(descriptor, &bytes, bytes.count)
  let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  guard let end = text.lastIndex(of: ")") else { return false }
  return !text[end...].hasPrefix(") Z")
}
