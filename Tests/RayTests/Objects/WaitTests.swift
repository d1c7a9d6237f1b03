import Ray
import RayTesting
import Testing

@Remote private func identity(_ x: Int) -> Int { x }
@Remote private func fail() throws -> Int { throw RayError(.invalidArgument, "on purpose") }
@Remote private func afterGate(_ gate: ActorHandle<Gate>, _ x: Int) async throws -> Int {
  try await gate.passed.remote().value
  return x
}

extension RayConformance {
  @Suite(.ray()) struct Waiting {
    @Test("ready and pending keep the input's order", arguments: ["lele", "leel", "eell", "llee", "ell", "lel", "lle"])
    func readyAndPendingKeepTheInputOrder(_ pattern: String) async throws {
      let gate = try Gate.remote()
      let refs = try pattern.map { $0 == "e" ? try Ray.put(1) : try $afterGate.remote(gate, 0) }
      let early = zip(refs, pattern).filter { $0.1 == "e" }.map { $0.0 }
      let late = zip(refs, pattern).filter { $0.1 == "l" }.map { $0.0 }
      let kept = refs
      let (ready, pending) = try await Ray.wait(refs, count: early.count)
      #expect(ready == early && pending == late)
      #expect(kept.count == pattern.count && Set(kept) == Set(early + late))
      try await gate.open.remote().value
      _ = try await Ray.get(late)
    }

    @Test(arguments: 1...4) func neverMoreThanCountAreReady(_ count: Int) async throws {
      let refs = try (0..<4).map { try Ray.put($0) }
      let (ready, pending) = try await Ray.wait(refs, count: count)
      #expect(ready == Array(refs[..<count]) && pending == Array(refs[count...]))
    }

    @Test func aFailedObjectCountsAsReady() async throws {
      let refs = [try $fail.remote(), try $identity.remote(1), try $fail.remote(), try $identity.remote(2)]
      let (ready, pending) = try await Ray.wait(refs, count: 4)
      #expect(ready == refs && pending.isEmpty)
      await expectRayError(.invalidArgument) { _ = try await ready[0].value }
      #expect(try await ready[3].value == 2)
    }

    @Test func theTimeoutEndsTheWaitWithoutAnError() async throws {
      let gate = try Gate.remote()
      let refs = [try Ray.put(1), try $afterGate.remote(gate, 2)]
      let (ready, pending) = try await Ray.wait(refs, count: 2, timeout: .milliseconds(10))
      #expect(ready == [refs[0]] && pending == [refs[1]])
      let none = try await Ray.wait([refs[1]], timeout: .zero)
      #expect(none.ready.isEmpty && none.pending == [refs[1]])
      try await gate.open.remote().value
      #expect(try await refs[1].value == 2)
    }

    @Test func nothingToWaitForIsReadyAtOnce() async throws {
      let (ready, pending) = try await Ray.wait([ObjectRef<Int>]())
      #expect(ready.isEmpty && pending.isEmpty)
    }

    @Test(arguments: [-1, 0, 3]) func anImpossibleCountIsRefused(_ count: Int) async throws {
      let refs = [try Ray.put(1), try Ray.put(2)]
      await expectRayError(.invalidArgument) { _ = try await Ray.wait(refs, count: count) }
    }

    @Test(arguments: [[0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [2, 0, 1, 2]])
    func duplicatesAreRefused(_ places: [Int]) async throws {
      let refs = [try Ray.put(1), try Ray.put(2), try Ray.put(3)]
      await expectRayError(.invalidArgument) { _ = try await Ray.wait(places.map { refs[$0] }, count: 1) }
    }

    @Test func anyOrderIsGoodWithoutDuplicates() async throws {
      let refs = [try Ray.put(1), try Ray.put(2), try Ray.put(3)]
      let (ready, pending) = try await Ray.wait([refs[2], refs[0], refs[1]], count: 2)
      #expect(ready.count == 2 && pending.count == 1)
      #expect(Set(ready + pending) == Set(refs))
    }

    @Test func aNegativeTimeoutIsRefused() async throws {
      let ref = try Ray.put(1)
      await expectRayError(.invalidArgument) { _ = try await Ray.wait([ref], timeout: .seconds(-1)) }
    }

    @Test func completionsComeAsTheyHappen() async throws {
      let gate = try Gate.remote()
      let refs = [try $afterGate.remote(gate, 1), try $fail.remote(), try $identity.remote(3)]
      var order: [ObjectRef<Int>] = []
      for await ref in Ray.completions(of: refs) {
        order.append(ref)
        if order.count == 2 { _ = try gate.open.remote() }
      }
      #expect(Set(order[..<2]) == Set(refs[1...]) && order[2] == refs[0])
    }

    @Test func completionsOfNothingEnd() async throws {
      for await _ in Ray.completions(of: [ObjectRef<Int>]()) { Issue.record("an object came from nowhere") }
    }

    @Test func aHundredObjectsAreDrainedOneByOne() async throws {
      var pending = try (0..<100).map { try $identity.remote($0) }
      var sum = 0
      while !pending.isEmpty {
        let (ready, rest) = try await Ray.wait(pending)
        sum += try await ready[0].value
        pending = rest
      }
      #expect(sum == 4950)
    }
  }
}
