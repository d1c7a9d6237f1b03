internal import MessagePack
internal import Testing

@Suite("Long arrays of numbers are one block of memory")
struct TypedArrayTests {
  @Test("every element type comes back, around the length where blocks begin", arguments: [0, 1, 63, 64, 65, 1000])
  func elements(_ count: Int) throws {
    func check<Element: RaySerializable & Equatable>(_ make: (Int) -> Element) throws {
      let array = (0..<count).map(make)
      #expect(try decoded([Element].self, encoded(array)) == array)
      #expect(try decoded([Element].self, encoded(array, typedArrays: false)) == array)
    }
    try check { Int8(truncatingIfNeeded: $0) }
    try check { Int16(truncatingIfNeeded: $0 * 77) }
    try check { Int32(truncatingIfNeeded: $0 * 7_777_777) }
    try check { Int64($0) * -7_777_777_777_777 }
    try check { $0 * 1_000_000_007 }
    try check { UInt8(truncatingIfNeeded: $0) }
    try check { UInt16(truncatingIfNeeded: $0 * 77) }
    try check { UInt32(truncatingIfNeeded: $0 * 7_777_777) }
    try check { UInt64($0) << 40 }
    try check { UInt($0) << 50 }
    try check { Float($0) / 3 }
    try check { Double($0) / 3 }
    try check { $0 % 3 == 0 }
  }

  @Test("63 elements are a plain array, 64 a block, and without blocks everything is plain")
  func threshold() throws {
    #expect(try encoded([Int](repeating: 1, count: 63)).first == 0xdc)
    #expect(try encoded([Int](repeating: 1, count: 64)).first == 0xc9)
    #expect(try encoded([Int](repeating: 1, count: 64), typedArrays: false).first == 0xdc)
  }

  @Test("elements start at a multiple of 64 from the start of the value", arguments: 0..<70)
  func alignment(_ offset: Int) throws {
    var writer = ByteWriter()
    for _ in 0..<offset { writer.putNil() }
    writer.put(nested: (0..<64).map(Double.init))
    let bytes = writer.bytes
    let headerCount = 8 + Int(bytes[offset + 7])
    #expect((offset + headerCount) % 64 == 0)
    #expect(bytes[offset..<offset + 6].first == 0xc9)
    #expect(bytes[offset + 5] == 0x54)
    #expect(bytes[offset + 6] == TypedArrayKind.float64.rawValue)
    #expect(bytes.count == offset + headerCount + 512)
  }

  @Test("the layout, byte by byte")
  func layout() throws {
    let bytes = try encoded([Int16](repeating: 0x0102, count: 64))
    let header: [UInt8] = [0xc9, 0, 0, 0, 2 + 56 + 128, 0x54, 2, 56]
    #expect(bytes == header + [UInt8](repeating: 0, count: 56) + (0..<64).flatMap { _ in [2, 1] as [UInt8] })
  }

  @Test("another width or kind of number converts, with the checks of single numbers")
  func conversion() throws {
    let small = (0..<100).map(Int32.init)
    #expect(try decoded([Int].self, encoded(small)) == Array(0..<100))
    #expect(try decoded([UInt8].self, encoded(small)) == (0..<100).map(UInt8.init))
    #expect(try decoded([Double].self, encoded(small)) == (0..<100).map(Double.init))
    #expect(try decoded([Int?].self, encoded(small)) == (0..<100).map { $0 })
    #expect(try decoded([Float].self, encoded((0..<100).map { Double($0) / 4 })) == (0..<100).map { Float($0) / 4 })
    #expect(failure([Int8].self, try encoded((0..<200).map { $0 }))?.code == .overflow)
    #expect(failure([Int].self, try encoded((0..<200).map(Double.init)))?.code == .typeMismatch)
    #expect(failure([UInt].self, try encoded([Int](repeating: -1, count: 64)))?.code == .overflow)
    #expect(failure([String].self, try encoded(small))?.code == .typeMismatch)
  }

  @Test("bytes that are no booleans are refused")
  func booleans() throws {
    var bytes = try encoded([Bool](repeating: true, count: 64))
    bytes[bytes.count - 1] = 2
    #expect(failure([Bool].self, bytes)?.code == .invalidValue)
  }

  @Test("dynamic values see plain arrays")
  func dynamic() throws {
    let value = try decoded(MessagePackValue.self, encoded((0..<64).map { Double($0) }))
    #expect(value == .array((0..<64).map { .double(Double($0)) }))
  }

  struct Particle: Sendable, Equatable, BitwiseCopyable {
    var position: SIMD3<Double>
    var charge: Int16
  }

  @Test("raw arrays carry structs as memory, numbers with their kind, and fit into plain binary data", arguments: [true, false])
  func raw(_ typedArrays: Bool) throws {
    let particles = RawArray((0..<10).map { Particle(position: .init(1, 2, Double($0)), charge: Int16($0)) })
    #expect(try decoded(RawArray<Particle>.self, encoded(particles, typedArrays: typedArrays)) == particles)
    let numbers: RawArray<Double> = [1, 2.5, -0.0]
    #expect(try decoded(RawArray<Double>.self, encoded(numbers, typedArrays: typedArrays)) == numbers)
    #expect(try decoded(RawArray<Int>.self, encoded(RawArray<Int>([]), typedArrays: typedArrays)) == [])
    if typedArrays {
      #expect(try decoded([Double].self, encoded(numbers)) == numbers.elements)
      #expect(try decoded(RawArray<Double>.self, encoded((0..<64).map(Double.init))).elements.count == 64)
      #expect(failure(RawArray<Int>.self, try encoded(numbers))?.code == .typeMismatch)
    }
    #expect(failure(RawArray<Int32>.self, [0xc4, 3, 1, 2, 3])?.code == .invalidValue)
  }

  @Test("elements can be read in place")
  func inPlace() throws {
    let bytes = try encoded((0..<64).map(Int32.init))
    let span = bytes.span.bytes
    var reader = ByteReader(span)
    let view = try reader.getTypedArray()
    let (kind, count, last) = (view.kind, view.count, view.bytes.unsafeLoadUnaligned(fromByteOffset: 252, as: Int32.self))
    #expect(kind == .int32)
    #expect(count == 64)
    #expect(last == 63)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  /// As for elements of more than four gigabytes, with few of them.
  private func big(_ kind: TypedArrayKind, _ elements: [UInt8]) -> [UInt8] {
    let length: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(elements.count) >> (8 * $0)) }
    return [0xc9, 0, 0, 0, 13, 0x54, kind.rawValue | 0x80, 3] + length + [0, 0, 0] + elements
  }

  @Test("elements behind the object: read, convert, skip, and refuse what is not there")
  func behind() throws {
    let bytes = big(.int16, [1, 0, 2, 0])
    #expect(try decoded([Int16].self, bytes) == [1, 2])
    #expect(try decoded([Int].self, bytes) == [1, 2])
    #expect(try decoded(MessagePackValue.self, [0x92] + bytes + [7]) == [[1, 2], 7])
    #expect(try decoded(String.self, big(.utf8, Array("ü".utf8))) == "ü")
    #expect(try decoded([UInt8].self, big(.uint8, [9, 8])) == [9, 8])
    let span = bytes.span.bytes
    var reader = ByteReader(span)
    try reader.skip()
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
    #expect(failure([Int16].self, Array(bytes.dropLast()))?.code == .truncated)
    #expect(failure([Int16].self, big(.int16, [1, 0, 2]))?.code == .invalidValue)
  }

  @Test("the writer's header of such elements", arguments: [0, 1, 47, 48, 63])
  func writingBehind(_ offset: Int) throws {
    var writer = ByteWriter()
    for _ in 0..<offset { writer.putNil() }
    writer.putTypedArrayHeader(TypedArrayKind.int32.rawValue | 0x80, byteCount: 8, inside: false)
    let start = writer.count
    writer.append(littleEndian: Int64(0x0000_0002_0000_0001))
    #expect(start % 64 == 0)
    let bytes = Array(writer.bytes.dropFirst(offset))
    #expect(try decoded([Int32].self, bytes) == [1, 2])
  }

  @Test(
    "malformed blocks are refused",
    arguments: [
      [0xc7, 0, 0x54], [0xd4, 0x54, 4], [0xd5, 0x54, 99, 0], [0xd5, 0x54, 4, 200], [0xd6, 0x54, 4, 0, 1, 2],
      [0xd6, 0x54, 0x84, 0, 1, 2],
    ] as [[UInt8]])
  func malformed(_ bytes: [UInt8]) throws {
    #expect(failure([Int64].self, bytes) != nil)
    #expect(failure(RawArray<Int64>.self, bytes) != nil)
    // Somebody else's extension with the same code is still an extension.
    let value = try decoded(MessagePackValue.self, bytes)
    #expect(try encoded(value) == bytes)
  }
}
