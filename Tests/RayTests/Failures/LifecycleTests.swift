import Ray
import RayTesting
import Testing

@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Remote private func afterGate(_ gate: ActorHandle<Gate>) async throws -> Int {
  try await gate.passed.remote().value
  return 1
}
@Remote private func vector(_ n: Int) -> [Double] { [Double](repeating: 1, count: n) }

extension RayConformance {
  /// What happens around the life of an engine; each test starts its own.
  @Suite struct Lifecycle {
    private var configuration: RayConfiguration { ConformanceEngine.current.configuration(cpus: 2) }

    @Test func nothingIsLeftAfterWorkOfEveryKind() async throws {
      try await withOwnEngine(configuration) {
        let counter = try Counter.remote()
        _ = try await Ray.get(try (0..<200).map { try $add.remote($0, 1) })
        _ = try await counter.add.remote(1).value
        _ = try await $vector.remote(100_000).value
        _ = try? await counter.crash.remote().value
      }
    }

    @Test func nothingIsLeftWhenWorkIsStillRunning() async throws {
      try await withOwnEngine(configuration) {
        let gate = try Gate.remote()
        _ = try (0..<20).map { _ in try $afterGate.remote(gate) }
        try await gate.arrived.remote(count: 1).value
      }
    }

    @Test func nothingIsLeftWhenNothingWasDone() async throws { try await withOwnEngine(configuration) {} }

    @Test func startingAgainAfterTheEndWorks() async throws {
      for round in 0..<5 {
        let sum = try await withOwnEngine(configuration) { try await $add.remote(round, 1).value }
        #expect(sum == round + 1)
        #expect(!Ray.isInitialized)
      }
    }

    @Test func initializingTwiceIsFineWithTheSameConfigurationOnly() async throws {
      let configuration = try await ConformanceEngine.current.resolved(configuration)
      try await withOwnEngine(configuration) {
        try await Ray.initialize(configuration)
        var other = configuration
        other.numCPUs = 3
        await expectRayError(.alreadyInitialized) { try await Ray.initialize(other) }
        #expect(try await $add.remote(1, 1).value == 2)
      }
    }

    @Test func anUnknownAddressIsReported() async throws {
      await expectRayError(.unsupported, "ray://nowhere") {
        try await Ray.initialize(RayConfiguration(address: "ray://nowhere"))
      }
      #expect(!Ray.isInitialized)
    }

    @Test(.embeddedOnly("a cluster has its own store"), arguments: [0, -1]) func aStoreOfNothingIsRefused(_ count: Int)
      async throws
    {
      await expectRayError(.invalidArgument, "objectStoreMemory") {
        try await Ray.initialize(RayConfiguration(objectStoreMemory: count))
      }
      #expect(!Ray.isInitialized)
    }

    @Test func whatIsLeftAnswersShutDown() async throws {
      var pending: ObjectRef<Int>?
      var counter: ActorHandle<Counter>?
      try await withOwnEngine(configuration) {
        let gate = try Gate.remote()
        pending = try $afterGate.remote(gate)
        counter = try Counter.remote()
        _ = try await counter!.get.remote().value
      }
      await expectRayError(.shutDown) { _ = try await pending!.value }
      await expectRayError(.shutDown) { _ = try counter!.get.remote() }
    }

    /// On Ray, asking for it would start a cluster.
    @Test func cancellingAndKillingAfterTheEndDoNothing() async throws {
      var done: ObjectRef<Int>?
      var counter: ActorHandle<Counter>?
      try await withOwnEngine(configuration) {
        done = try $add.remote(1, 2)
        counter = try Counter.remote()
        _ = try await (done!.value, counter!.get.remote().value)
      }
      try await done!.cancel()
      try await counter!.kill()
      #expect(!Ray.isInitialized)
    }

    @Test func smallResultsMayStillBeReadAfterTheEnd() async throws {
      var done: ObjectRef<Int>?
      try await withOwnEngine(configuration) {
        done = try $add.remote(1, 2)
        _ = try await done!.value
      }
      #expect(try await done!.value == 3)
    }

    @Test func waitingEndsWithTheEngine() async throws {
      try await withOwnEngine(configuration) {
        let gate = try Gate.remote()
        let ref = try $afterGate.remote(gate)
        let waiting = Task { try await ref.value }
        try await gate.arrived.remote(count: 1).value
        await Ray.shutdown()
        await expectRayError(.shutDown) { _ = try await waiting.value }
      }
    }

    @Test func endingTwiceIsHarmless() async throws {
      try await withOwnEngine(configuration) {
        await Ray.shutdown()
        await Ray.shutdown()
      }
    }
  }
}
