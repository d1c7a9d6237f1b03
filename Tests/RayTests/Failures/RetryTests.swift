import Ray
import RayTesting
import Testing

/// Counts attempts across processes.
@RemoteActor actor AttemptCounter {
  private var count = 0
  init() {}
  func next() -> Int {
    count += 1
    return count
  }
  func total() -> Int { count }
}

enum Flaky: Error, Codable { case again, never }
enum Other: Error, Codable { case other }

@Remote private func failing(_ counter: ActorHandle<AttemptCounter>, times: Int, fatally: Bool) async throws -> Int {
  let attempt = try await counter.next.remote().value
  if attempt <= times { throw fatally ? Flaky.never : Flaky.again }
  return attempt
}
@Remote(maxRetries: 2, retryOn: [Flaky.self])
private func declaredRetry(_ counter: ActorHandle<AttemptCounter>) async throws -> Int {
  let attempt = try await counter.next.remote().value
  if attempt < 3 { throw Flaky.again }
  return Ray.context.attempt
}
@Remote private func crashing(_ counter: ActorHandle<AttemptCounter>, times: Int) async throws -> Int {
  let attempt = try await counter.next.remote().value
  if attempt <= times {
    print("about to crash, attempt \(attempt)")
    WorkerProcess.crash()
  }
  return attempt
}
@Remote private func crash(with signal: Int32) -> Int {
  print("last words of \(signal)")
  WorkerProcess.crash(signal: signal)
}
@Remote private func exitWith(_ status: Int32) -> Int { leaveProcess(status) }
@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Remote private func makeLarge(_ n: Int) -> [Double] { [Double](repeating: 1, count: n) }

extension RayConformance {
  @Suite(.ray()) struct Retries {
    @Test func thrownErrorsAreNotRetriedUnlessAsked() async throws {
      let counter = try AttemptCounter.remote()
      await #expect(throws: Flaky.again) { try await $failing.remote(counter, times: 1, fatally: false).value }
      #expect(try await counter.total.remote().value == 1)
    }

    @Test(arguments: [1, 3]) func thrownErrorsAreRetriedAsOftenAsAllowed(_ times: Int) async throws {
      let counter = try AttemptCounter.remote()
      let call = $failing.options(maxRetries: 3, retryExceptions: true)
      #expect(try await call.remote(counter, times: times, fatally: false).value == times + 1)
    }

    /// Equal but for what is retried, so that nothing may be taken from one for the other.
    @Test func optionsOfOneFunctionDoNotMixUp() async throws {
      let counter = try AttemptCounter.remote()
      for (retries, expected) in [(false, nil), (true, 3), (false, nil)] as [(Bool, Int?)] {
        let call = $failing.options(maxRetries: 2, retryExceptions: retries)
        let before = try await counter.total.remote().value
        let result = try? await call.remote(counter, times: before + 2, fatally: false).value
        #expect(result == expected.map { $0 + before })
      }
    }

    @Test func theLastErrorIsThrownWhenRetriesAreUsedUp() async throws {
      let counter = try AttemptCounter.remote()
      let call = $failing.options(maxRetries: 2, retryExceptions: true)
      let ref = try call.remote(counter, times: 10, fatally: false)
      await #expect(throws: Flaky.again) { try await ref.value }
      #expect(try await ref.failure?.details.attempt == 3)
      #expect(try await counter.total.remote().value == 3)
    }

    @Test func onlyListedErrorsAreRetried() async throws {
      let counter = try AttemptCounter.remote()
      let call = $failing.options(maxRetries: 5, retryOn: [Other.self])
      await #expect(throws: Flaky.never) { try await call.remote(counter, times: 10, fatally: true).value }
      #expect(try await counter.total.remote().value == 1)
    }

    @Test func declaredRetriesApplyAndTheAttemptIsVisible() async throws {
      #expect(try await $declaredRetry.remote(try AttemptCounter.remote()).value == 3)
    }

    @Test(arguments: [1, 3]) func aCallWhoseWorkerDiesRunsAgain(_ times: Int) async throws {
      let counter = try AttemptCounter.remote()
      #expect(try await $crashing.remote(counter, times: times).value == times + 1)
    }

    @Test func crashesEndAfterTheLastRetry() async throws {
      let counter = try AttemptCounter.remote()
      let call = $crashing.options(maxRetries: 1)
      let error = await expectRayError(.workerCrashed) { _ = try await call.remote(counter, times: 100).value }
      #expect(try await counter.total.remote().value == 2)
      guard ConformanceEngine.current == .embedded else { return }
      #expect(error?.details.attempt == 2)
      #expect(error?.details.function?.contains("crashing") == true)
    }

    @Test(
      .embeddedOnly("Ray does not tell which signal ended a worker, and keeps its output on the worker's node"),
      arguments: [(6, "SIGABRT"), (9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM")] as [(Int32, String)]
    )
    func theErrorNamesTheSignalAndTheLastOutput(_ signal: Int32, _ name: String) async throws {
      let error = await expectRayError(.workerCrashed, name) {
        _ = try await $crash.options(maxRetries: 0).remote(with: signal).value
      }
      #expect(error?.details.logTail.contains("last words of \(signal)") == true, "\(error?.details.logTail ?? [])")
    }

    @Test(.embeddedOnly("Ray tells exit codes only of workers that end in an orderly way")) func theErrorNamesTheExitCode()
      async throws
    {
      await expectRayError(.workerCrashed, "7") { _ = try await $exitWith.options(maxRetries: 0).remote(7).value }
    }

    @Test func otherCallsSurviveACrashBesideThem() async throws {
      let bad = try (0..<4).map { _ in try $crash.options(maxRetries: 0).remote(with: 9) }
      let good = try (0..<50).map { try $add.remote($0, 1) }
      #expect(try await Ray.get(good) == Array(1...50))
      for ref in bad { await expectRayError(.workerCrashed) { _ = try await ref.value } }
      #expect(try await $add.remote(1, 1).value == 2)
    }

    @Test func dependentsOfACrashedCallFailWithItsError() async throws {
      let bad = try $crash.options(maxRetries: 0).remote(with: 9)
      await expectRayError(.workerCrashed) { _ = try await $add.remote(bad, 1).value }
    }

    @Test func aLargeResultOutlivesTheWorkerThatMadeIt() async throws {
      let ref = try $makeLarge.remote(200_000)
      _ = try await ref.withBytes { $0.byteCount }
      for _ in 0..<4 { _ = try? await $crash.options(maxRetries: 0).remote(with: 9).value }
      #expect(try await ref.value.count == 200_000)
    }
  }
}
