import Ray
import RayTesting
import Testing

@Remote private func square(_ x: Int) -> Int { x * x }
@Remote private func half(_ x: Int) -> Double { Double(x) / 2 }
@Remote private func afterGate(_ gate: ActorHandle<Gate>, _ x: Int) async throws -> Int {
  try await gate.passed.remote().value
  return x
}
@Remote private func fail(_ text: String) throws -> Int { throw GetFailure(text: text) }
struct GetFailure: Error, Codable, Equatable { var text: String }

extension RayConformance {
  @Suite(.ray()) struct Getting {
    @Test func oneReferenceMayBeReadOften() async throws {
      let ref = try $square.remote(5)
      for _ in 0..<3 { #expect(try await Ray.get(ref) == 25) }
    }

    @Test func manyReferencesKeepTheirOrder() async throws {
      let refs = try (0..<100).map { try $square.remote($0) }
      #expect(try await Ray.get(refs) == (0..<100).map { $0 * $0 })
    }

    @Test func aReferenceThatOutlivedItsObjectSaysSo() async throws {
      // Bytes of a reference keep nothing alive once nobody holds what they were written for.
      let bytes = try { () throws -> [UInt8] in
        let ref = try Ray.put("gone")
        var writer = ByteWriter()
        ref.encode(into: &writer)
        return writer.withUnsafeBytes { Array($0) }
      }()
      let late = try bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
        return try ObjectRef<String>.decode(from: &reader)
      }
      await expectRayError(.objectReleased, "released") { _ = try await late.value }
    }

    @Test func noReferencesGiveNoValues() async throws { #expect(try await Ray.get([ObjectRef<Int>]()) == []) }

    @Test func referencesOfDifferentTypesAreReadTogether() async throws {
      let (a, b, c) = try await Ray.get(try $square.remote(3), try $half.remote(5), try Ray.put("x"))
      #expect(a == 9 && b == 2.5 && c == "x")
    }

    @Test func theFirstFailureInOrderIsThrown() async throws {
      let refs = [try $square.remote(1), try $fail.remote("first"), try $fail.remote("second")]
      await #expect(throws: GetFailure(text: "first")) { try await Ray.get(refs) }
    }

    @Test func aZeroTimeoutTakesOnlyWhatIsThere() async throws {
      let gate = try Gate.remote()
      let late = try $afterGate.remote(gate, 7)
      await expectRayError(.getTimedOut, "1 of 1") { _ = try await Ray.get(late, timeout: .zero) }
      #expect(try await Ray.get(try Ray.put(3), timeout: .zero) == 3)
      try await gate.open.remote().value
      #expect(try await late.value == 7)
    }

    @Test func aReferenceIsGoodAfterATimeout() async throws {
      let gate = try Gate.remote()
      let refs = [try Ray.put(1), try $afterGate.remote(gate, 7)]
      await expectRayError(.getTimedOut, "1 of 2") { _ = try await Ray.get(refs, timeout: .milliseconds(10)) }
      try await gate.open.remote().value
      #expect(try await Ray.get(refs, timeout: .seconds(30)) == [1, 7])
    }

    @Test func aNegativeTimeoutIsRefused() async throws {
      let ref = try Ray.put(1)
      await expectRayError(.invalidArgument) { _ = try await Ray.get([ref], timeout: .seconds(-1)) }
    }

    @Test func cancellingTheWaitDoesNotCancelTheCall() async throws {
      let gate = try Gate.remote()
      let ref = try $afterGate.remote(gate, 9)
      let waiting = Task { try await ref.value }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      try await gate.open.remote().value
      #expect(try await ref.value == 9)
    }

    @Test func readinessIsVisibleWithoutWaiting() async throws {
      let gate = try Gate.remote()
      let ref = try $afterGate.remote(gate, 1)
      #expect(!ref.isReady)
      try await gate.open.remote().value
      _ = try await ref.value
      #expect(ref.isReady)
    }

    @Test func manyTasksMayWaitForOneObject() async throws {
      let gate = try Gate.remote()
      let ref = try $afterGate.remote(gate, 3)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 { group.addTask { try await ref.value } }
        try await gate.open.remote().value
        for try await value in group { #expect(value == 3) }
      }
    }
  }
}
