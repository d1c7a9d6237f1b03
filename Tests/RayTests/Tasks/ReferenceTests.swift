import Ray
import RayTesting
import Testing

@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Remote private func four(_ a: Int, _ b: String, _ c: [Int], _ d: Double) -> String { "\(a)\(b)\(c)\(d)" }
@Remote private func range(_ n: Int) -> [Int] { Array(0..<n) }
@Remote private func sum(_ values: [Int]) -> Int { values.reduce(0, +) }
@Remote private func sumOfReferences(_ refs: [ObjectRef<Int>]) async throws -> Int {
  try await Ray.get(refs).reduce(0, +)
}
@Remote private func makeReference(_ x: Int) throws -> ObjectRef<Int> { try $add.remote(x, 1) }
@Remote private func putInside(_ x: Int) throws -> [ObjectRef<Int>] { [try Ray.put(x), try Ray.put(x + 1)] }

@RayCodable private struct Parcel {
  var label: String
  var content: ObjectRef<[Double]>
  var extras: [String: ObjectRef<Int>]
}
@Remote private func weigh(_ parcel: Parcel) async throws -> Double {
  let content = try await parcel.content.value
  let extra = try await parcel.extras["one"]?.value ?? 0
  return content.reduce(0, +) + Double(extra)
}
@Remote private func forward(_ parcel: Parcel) async throws -> Double { try await $weigh.remote(parcel).value }
private struct CodableParcel: Codable, Sendable {
  var content: ObjectRef<Int>
}
@Remote private func unpack(_ parcel: CodableParcel) async throws -> Int { try await parcel.content.value }

extension RayConformance {
  @Suite(.ray()) struct References {
    @Test func referencesAndValuesMixInEveryPosition() async throws {
      let (a, b) = (try Ray.put(1), try Ray.put("x"))
      let (c, d) = (try Ray.put([1, 2]), try Ray.put(2.5))
      let expected = "1x[1, 2]2.5"
      #expect(try await $four.remote(a, b, c, d).value == expected)
      #expect(try await $four.remote(1, b, [1, 2], d).value == expected)
      #expect(try await $four.remote(a, "x", c, 2.5).value == expected)
      #expect(try await $four.remote(1, "x", [1, 2], 2.5).value == expected)
    }

    @Test func aChainOfPendingReferencesResolves() async throws {
      var ref = try $add.remote(0, 1)
      for _ in 0..<50 { ref = try $add.remote(ref, 1) }
      #expect(try await ref.value == 51)
    }

    @Test func oneReferenceMayBeUsedTwiceAndLater() async throws {
      let ref = try $add.remote(1, 2)
      #expect(try await $add.remote(ref, ref).value == 6)
      #expect(try await ref.value == 3)
      #expect(try await $add.remote(ref, 1).value == 4)
    }

    @Test func aCollectionResultFeedsAnotherCall() async throws {
      #expect(try await $sum.remote(try $range.remote(100)).value == 4950)
    }

    @Test func referencesTravelInsideArrays() async throws {
      let refs = try (0..<12).map { try $add.remote($0, 0) }
      #expect(try await $sumOfReferences.remote(refs).value == 66)
    }

    @Test func referencesTravelInsideStructsThroughTwoProcesses() async throws {
      let content = try Ray.put((0..<50_000).map(Double.init))
      let parcel = Parcel(label: "p", content: content, extras: ["one": try $add.remote(0, 1)])
      #expect(try await $forward.remote(parcel).value == 1_249_975_001)
    }

    @Test func referencesTravelInsideCodableStructs() async throws {
      #expect(try await $unpack.remote(CodableParcel(content: try Ray.put(5))).value == 5)
    }

    @Test func aReferenceIsAResult() async throws {
      let inner = try await $makeReference.remote(4).value
      #expect(try await inner.value == 5)
    }

    @Test func objectsOwnedByAWorkerReachTheDriver() async throws {
      let refs = try await $putInside.remote(7).value
      #expect(try await Ray.get(refs) == [7, 8])
    }

    @Test func theArgumentOutlivesTheCallersReference() async throws {
      func submit() throws -> ObjectRef<Int> { try $sumOfReferences.remote([try $add.remote(1, 1), try Ray.put(40)]) }
      #expect(try await submit().value == 42)
    }

    @Test func equalReferencesAreEqualAndNamedAlike() async throws {
      let ref = try Ray.put(1)
      let copy = ref
      #expect(ref == copy && ref.hashValue == copy.hashValue && "\(ref)".contains("\(ref.id)"))
      #expect(ref != (try Ray.put(1)))
    }
  }
}
