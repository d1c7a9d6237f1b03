import Ray
import RayTesting
import Testing

@Remote private func sum(_ values: [Double]) -> Double { values.reduce(0, +) }
@Remote private func makeLarge(_ n: Int) -> [Double] { (0..<n).map(Double.init) }
@Remote private func sumInPlace(_ block: ObjectRef<[Double]>, _ n: Int) async throws -> Double {
  try await withDoubles(block, count: n) { $0.reduce(0, +) }
}
@Remote private func firstAndLast(_ ref: [ObjectRef<[Double]>]) async throws -> [Double] {
  let values = try await ref[0].value
  return [values.first!, values.last!]
}
@Remote private func echo(_ bytes: [UInt8]) -> [UInt8] { bytes }

/// The numbers at the end of an encoded array, read where they lie.
private func withDoubles<R>(
  _ ref: ObjectRef<[Double]>, count: Int, _ body: (UnsafeBufferPointer<Double>) throws -> R
) async throws -> R {
  try await ref.withBytes { span in
    try span.withUnsafeBytes { bytes in
      let numbers = UnsafeRawBufferPointer(rebasing: bytes.suffix(count * 8))
      return try numbers.withMemoryRebound(to: Double.self, body)
    }
  }
}

private struct Note: Codable, Equatable, Sendable {
  var text: String
  var tags: [String: Int]
}

extension RayConformance {
  @Suite(.ray()) struct Putting {
    @Test func aSmallValueComesBack() async throws {
      #expect(try await Ray.put(42).value == 42)
      #expect(try await Ray.put("text").value == "text")
    }

    @Test func aCodableValueComesBack() async throws {
      let note = Note(text: "n", tags: ["a": 1])
      #expect(try await Ray.put(note).value == note)
    }

    /// Around the size from which values live in the store, and far above it.
    @Test(arguments: [0, 1, 12_799, 12_800, 12_801, 131_072, 2_000_000])
    func numbersOfAnyCountComeBack(_ count: Int) async throws {
      let values = (0..<count).map(Double.init)
      let ref = try Ray.put(values)
      #expect(try await ref.value == values)
      #expect(try await $sum.remote(ref).value == values.reduce(0, +))
    }

    @Test(arguments: [131_072, 1_000_000]) func aLargeResultComesBack(_ count: Int) async throws {
      let ref = try $makeLarge.remote(count)
      let values = try await ref.value
      #expect(values.count == count && values.last == Double(count - 1))
      #expect(try await $firstAndLast.remote([ref]).value == [0, Double(count - 1)])
    }

    @Test func aLargeValueIsReadInPlaceByBothProcesses() async throws {
      let count = 131_072
      let ref = try Ray.put((0..<count).map(Double.init))
      let expected = Double(count) * Double(count - 1) / 2
      #expect(try await withDoubles(ref, count: count) { $0.reduce(0, +) } == expected)
      #expect(try await $sumInPlace.remote(ref, count).value == expected)
    }

    @Test func readingInPlaceTwiceShowsTheSameMemory() async throws {
      let ref = try Ray.put([Double](repeating: 1, count: 131_072))
      let first = try await ref.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
      let second = try await ref.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
      #expect(first == second)
    }

    @Test(arguments: [0, 100, 102_399, 102_400, 102_401, 5_000_000]) func bytesComeBackAsTheyWere(_ count: Int) async throws {
      var generator = SeededGenerator(seed: UInt64(count))
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(try await $echo.remote(bytes).value == bytes)
      #expect(try await $echo.remote(try Ray.put(bytes)).value == bytes)
    }

    @Test func referencesInsideAStoredValueStayAlive() async throws {
      func nest() throws -> ObjectRef<[ObjectRef<Int>]> { try Ray.put([try Ray.put(1), try Ray.put(2)]) }
      let inner = try await nest().value
      #expect(try await Ray.get(inner) == [1, 2])
    }

    @Test func theStoreIsFreedSoThatMuchMoreThanItsSizeCanPass() async throws {
      // 40 x 16 MiB through a store of 256 MiB.
      for i in 0..<40 {
        let ref = try Ray.put([Double](repeating: Double(i), count: 2 << 20))
        #expect(try await ref.withBytes { $0.byteCount } > 16 << 20)
      }
    }

    @Test(.embeddedOnly("Ray puts what is larger than its store on disk")) func aValueLargerThanTheStoreIsRefused() async throws {
      await expectRayError(.objectTooLarge) { _ = try Ray.put([UInt8](repeating: 0, count: 300 << 20)) }
    }
  }
}
