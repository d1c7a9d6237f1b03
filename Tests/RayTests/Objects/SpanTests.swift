import Ray
import RayFoundation
import RayTesting
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

private struct Particle: BitwiseCopyable, Sendable, Equatable {
  var position: (Float, Float, Float)
  var mass: Double

  init(_ n: Int) {
    position = (Float(n), Float(n) * 2, 0)
    mass = Double(n)
  }

  static func == (a: Self, b: Self) -> Bool { a.position == b.position && a.mass == b.mass }
}

@RayCodable struct Attachment: Equatable {
  var name: String
  var content: Data
}

@Remote private func sumOfSpan(_ refs: [ObjectRef<[Double]>]) async throws -> Double {
  try await refs[0].withSpan { span in
    var sum = 0.0
    for index in span.indices { sum += span[index] }
    return sum
  }
}
@Remote private func totalMass(_ particles: RawArray<Particle>) -> Double { particles.elements.reduce(0) { $0 + $1.mass } }
@Remote private func reversed(_ data: Data) -> Data { Data(data.reversed()) }
@Remote private func later(_ date: Date, by seconds: Double, _ id: UUID) -> [String: String] {
  ["date": "\(date.timeIntervalSinceReferenceDate + seconds)", "id": id.uuidString]
}
@Remote private func enclosed(_ data: Data) -> Attachment { Attachment(name: "\(data.count) bytes", content: data) }

extension RayConformance {
  @Suite(.ray()) struct Spans {
    /// Below 64 numbers are plain elements, up to 100 KiB they lie in messages, above in shared memory.
    @Test(arguments: [0, 1, 63, 64, 65, 1000, 12_800, 200_000]) func numbersAreReadAsASpan(_ count: Int) async throws {
      let values = (0..<count).map { Double($0) / 3 }
      let put = try Ray.put(values)
      #expect(try await put.withSpan { [Double](copying: $0) } == values)
      #expect(try await $sumOfSpan.remote([put]).value == values.reduce(0, +))
      let integers = try Ray.put((0..<count).map { Int16(truncatingIfNeeded: $0) })
      #expect(try await integers.withSpan { $0.count } == count)
    }

    @Test func everyKindOfNumberIsReadAsASpan() async throws {
      func check<Number: RaySerializable & BitwiseCopyable & Equatable>(_ values: [Number]) async throws {
        for values in [values, Array(repeatElement(values, count: 100).joined())] {
          #expect(try await Ray.put(values).withSpan { [Number](copying: $0) } == values)
        }
      }
      try await check([Int8.min, 0, .max])
      try await check([Int32.min, 0, .max])
      try await check([UInt8.min, .max])
      try await check([UInt64.min, .max])
      try await check([Float.pi, -.infinity])
      try await check([true, false, true])
    }

    @Test func aLargeArrayIsReadWhereItLies() async throws {
      let ref = try Ray.put([Double](repeating: 1, count: 131_072))
      let first = try await ref.withSpan { $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
      let bytes = try await ref.withBytes {
        $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress)..<UInt(bitPattern: $0.baseAddress) + 2048 }
      }
      #expect(bytes.contains(first) && first % 64 == 0)
    }

    @Test(arguments: [0, 1, 100, 100_000]) func plainStructsAreReadAsASpan(_ count: Int) async throws {
      let particles = (0..<count).map { Particle($0) }
      let ref = try Ray.put(RawArray(particles))
      #expect(try await ref.withSpan { [Particle](copying: $0) } == particles)
      #expect(try await $totalMass.remote(ref).value == Double(count) * Double(count - 1) / 2)
    }

    @Test(arguments: [0, 1, 100_000]) func aPartOfAnArrayIsStoredWithoutMakingOne(_ count: Int) async throws {
      let particles = (0..<count + 10).map { Particle($0) }
      let ref = try Ray.put(copying: particles.span.extracting(10...))
      #expect(try await ref.value.elements == Array(particles.dropFirst(10)))
    }

    @Test func anotherTypeOfNumberIsConvertedOrRefused() async throws {
      let wide = try Ray.put([Int64](repeating: 7, count: 100))
      let narrow = ObjectRef<[Int8]>(__handle: wide.handle)
      #expect(try await narrow.withSpan { [Int8](copying: $0) } == [Int8](repeating: 7, count: 100))
      let large = ObjectRef<[Int8]>(__handle: try Ray.put([Int64](repeating: 700, count: 100)).handle)
      await expectRayError(.decodingFailed, "is no Array<Int8>: expected Int8, found 700: overflows") {
        _ = try await large.withSpan { $0.count }
      }
      let text = ObjectRef<[Int8]>(__handle: try Ray.put("text").handle)
      await expectRayError(.decodingFailed, "is no Array<Int8>") { _ = try await text.withSpan { $0.count } }
    }

    @Test func whatTheBodyThrowsIsThrown() async throws {
      struct Stop: Error {}
      let ref = try Ray.put([1.0])
      await #expect(throws: Stop.self) { try await ref.withSpan { _ in throw Stop() } }
    }

    @Test func aFailedCallThrowsItsErrorInsteadOfASpan() async throws {
      let failed = try Ray.function(named: "no such function").remote(returning: [Double].self)
      await expectRayError(.unknownFunction) { _ = try await failed.withSpan { $0.count } }
    }
  }

  @Suite(.ray()) struct FoundationData {
    @Test(arguments: [0, 1, 100, 102_401, 3_000_000]) func dataTravelsAndIsReadInPlace(_ count: Int) async throws {
      let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let ref = try Ray.put(data)
      #expect(try await ref.value == data)
      #expect(try await $reversed.remote(ref).value == Data(data.reversed()))
      #expect(try await $enclosed.remote(data).value == Attachment(name: "\(count) bytes", content: data))
      #expect(try await ref.withSpan { Data([UInt8](copying: $0)) } == data)
    }

    @Test func datesAndIdentifiersTravelThroughCodable() async throws {
      let id = UUID()
      let result = try await $later.remote(Date(timeIntervalSinceReferenceDate: 0.1), by: 1, id).value
      #expect(result == ["date": "1.1", "id": id.uuidString])
    }

    @Test func slicesOfDataTravelAsWhatTheyShow() async throws {
      let slice = Data([1, 2, 3, 4])[1..<3]
      #expect(try await $reversed.remote(slice).value == Data([3, 2]))
    }

    @Test func dataAndBytesAreTheSameValue() async throws {
      #expect(
        try await Ray.function(named: "reversed").remote([1, 2, 3] as [UInt8], returning: [UInt8].self).value == [3, 2, 1])
      // What code without this module's conformance writes.
      #expect(
        try await Ray.function(named: "reversed").remote([1, 2, 3] as [Int], returning: Data.self).value == Data([3, 2, 1]))
    }
  }
}

extension Array where Element: BitwiseCopyable {
  fileprivate init(copying span: Span<Element>) {
    self = []
    for index in span.indices { append(span[index]) }
  }
}
