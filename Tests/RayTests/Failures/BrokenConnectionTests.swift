import Ray
import RayTesting
import Testing

@Remote private func square(_ x: Int) -> Int { x * x }
@Remote(maxRetries: 0) private func once(_ x: Int) -> Int { x }
@Remote private func count(to n: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for i in 0..<n { continuation.yield(i) }
    continuation.finish()
  }
}
@Remote private func sum(_ parts: [ObjectRef<Int>]) async throws -> Int { try await Ray.get(parts).reduce(0, +) }

extension RayConformance {
  /// Frames that are lost or late between living processes. A stream loses a frame only together with everything behind it,
  /// so the connection ends; the node ends one of the two processes, and the other recovers as from a crash.
  @Suite(.embeddedOnly("the faults are injected into the embedded engine's own connections")) struct BrokenConnections {
    private func with(_ plan: String, _ body: () async throws -> Void) async throws {
      try await withRay(ConformanceEngine.current.configuration(cpus: 2, environment: ["SWIFT_RAY_FAULTS": plan]), body)
    }

    @Test(arguments: ["cut=in.push:3,seed=1", "cut=out.done:3,seed=1"])
    func lostRequestsAndRepliesAreMadeUpFor(_ plan: String) async throws {
      try await with(plan) {
        // One after another: calls that travel together with a lost one are lost with it.
        for x in 0..<5 {
          let result = try await $square.remote(x).value
          #expect(result == x * x)
        }
      }
    }

    @Test func aCallThatMayRunOnceFailsWhenItsReplyIsLost() async throws {
      try await with("cut=out.done:1") {
        await expectRayError(.workerCrashed, "connection") { _ = try await $once.remote(1).value }
      }
    }

    @Test func anActorRestartsAndRepeatsTheCallWhoseReplyWasLost() async throws {
      try await with("cut=out.done:2") {
        let counter = try Counter.options(maxRestarts: 3, maxTaskRetries: 3).remote()
        #expect(try await counter.add.remote(1).value == 1)
        // The second reply of each process is lost: its successor starts anew and answers.
        #expect(try await counter.add.remote(1).value == 1)
      }
    }

    @Test(arguments: ["delay=in.push:2ms@0.3,delay=out.done:3ms@0.3,seed=7", "delay=*:1ms@0.2,seed=11"])
    func lateFramesChangeNothing(_ plan: String) async throws {
      try await with(plan) {
        let refs = try (0..<60).map { try $square.remote($0) }
        #expect(try await $sum.remote(refs).value == (0..<60).reduce(0) { $0 + $1 * $1 })
        var elements: [Int] = []
        for try await element in try $count.remote(to: 50) { elements.append(try await element.value) }
        #expect(elements == Array(0..<50))
        let counter = try Counter.remote()
        let added = try (0..<20).map { _ in try counter.add.remote(1) }
        #expect(try await Ray.get(added) == Array(1...20))
      }
    }

    @Test func aPlanThatCannotBeReadIsReported() async throws {
      // Read in the worker: it cannot start, and says why.
      try await with("dorp=push") {
        await expectRayError(.workerStartFailed, "dorp") { _ = try await $square.remote(1).value }
      }
    }
  }
}
