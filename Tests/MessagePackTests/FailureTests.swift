internal import MessagePack
internal import Testing

@Suite("Bytes that do not fit are refused with the value and the target")
struct FailureTests {
  /// What is read, as what, and how the failure reads.
  static let mismatches: [(@Sendable () -> MessagePackError?, MessagePackError.Code, String)] = [
    ({ failure(Int32.self, bytes(5_000_000_000)) }, .overflow, "expected Int32, found 5000000000: overflows"),
    ({ failure(Int8.self, bytes(128)) }, .overflow, "expected Int8, found 128: overflows"),
    ({ failure(Int8.self, bytes(-129)) }, .overflow, "expected Int8, found -129: overflows"),
    ({ failure(UInt8.self, bytes(256)) }, .overflow, "expected UInt8, found 256: overflows"),
    ({ failure(UInt16.self, bytes(-1)) }, .overflow, "expected UInt16, found -1: overflows"),
    ({ failure(UInt64.self, bytes(-32)) }, .overflow, "expected UInt64, found -32: overflows"),
    ({ failure(UInt.self, bytes(-33)) }, .overflow, "expected UInt, found -33: overflows"),
    ({ failure(Int64.self, bytes(UInt64.max)) }, .overflow, "expected Int64, found 18446744073709551615: overflows"),
    ({ failure(Int.self, bytes(UInt64(1) << 63)) }, .overflow, "expected Int, found 9223372036854775808: overflows"),
    ({ failure(Float.self, bytes(1e300)) }, .overflow, "expected Float, found 1e+300: overflows"),
    ({ failure(Int.self, bytes("abc")) }, .typeMismatch, "expected Int, found a string of 3 bytes"),
    ({ failure(Int.self, bytes(2.5)) }, .typeMismatch, "expected Int, found 2.5"),
    ({ failure(Int.self, bytes(true)) }, .typeMismatch, "expected Int, found true"),
    ({ failure(Int.self, [0xc0]) }, .typeMismatch, "expected Int, found nil"),
    ({ failure(Int.self, [0xc1]) }, .typeMismatch, "expected Int, found the unused format byte 0xc1"),
    ({ failure(Bool.self, bytes(1)) }, .typeMismatch, "expected Bool, found 1"),
    ({ failure(Double.self, bytes(false)) }, .typeMismatch, "expected Double, found false"),
    ({ failure(Float.self, bytes("x")) }, .typeMismatch, "expected Float, found a string of 1 bytes"),
    ({ failure(String.self, bytes(-5)) }, .typeMismatch, "expected String, found -5"),
    ({ failure(String.self, [0x92, 1, 2]) }, .typeMismatch, "expected String, found an array of 2 elements"),
    ({ failure([Int].self, [0x81, 1, 2]) }, .typeMismatch, "expected Array<Int>, found a map of 1 entries"),
    ({ failure([UInt8].self, bytes("abc")) }, .typeMismatch, "expected Array<UInt8>, found a string of 3 bytes"),
    ({ failure([Int].self, [0xc4, 1, 1]) }, .typeMismatch, "expected Array<Int>, found binary data of 1 bytes"),
    ({ failure([Int: Int].self, [0x91, 1]) }, .typeMismatch, "expected a map, found an array of 1 elements"),
    ({ failure(Set<Int>.self, bytes(1)) }, .typeMismatch, "expected Array<Int>, found 1"),
    ({ failure(Int.self, [0xd4, 9, 0]) }, .typeMismatch, "expected Int, found an extension of type 9 with 1 bytes"),
    (
      { failure(String.self, bytes([Double](repeating: 1, count: 64))) }, .typeMismatch,
      "expected String, found a typed array of 64 float64"
    ),
    ({ failure(Int.self, []) }, .truncated, "expected Int, found the end of the bytes"),
    ({ failure(Int.self, [0xcd, 1]) }, .truncated, "expected Int, found the end of the bytes"),
    ({ failure(String.self, [0xa5, 0x61]) }, .truncated, "expected 5 bytes of String, found 2 bytes"),
    (
      { failure([Int].self, [0xdd, 0xff, 0xff, 0xff, 0xff]) }, .truncated,
      "expected 4294967295 elements of an array, found 5 bytes"
    ),
    ({ failure(String.self, [0xa2, 0xff, 0xfe]) }, .invalidUTF8, "expected String, found 2 bytes that are not UTF-8"),
  ]

  private static func bytes(_ value: some RaySerializable) -> [UInt8] {
    (try? encoded(value)) ?? []
  }

  @Test("the message names what was expected and what was found", arguments: mismatches.indices)
  func message(_ index: Int) throws {
    let (read, code, message) = Self.mismatches[index]
    let failure = try #require(read())
    #expect(failure.code == code)
    #expect(failure.message == message)
    #expect("\(failure)" == message)
  }

  @Test(
    "invalid UTF-8 of every kind",
    arguments: [
      [0x80], [0xc0, 0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xff],
      [0x61, 0xe2, 0x82],
    ] as [[UInt8]])
  func invalidUTF8(_ text: [UInt8]) {
    #expect(failure(String.self, [0xa0 | UInt8(text.count)] + text)?.code == .invalidUTF8)
    #expect(failure(String.self, [0xd9, UInt8(text.count)] + text)?.code == .invalidUTF8)
    #expect(failure(MessagePackValue.self, [0xa0 | UInt8(text.count)] + text)?.code == .invalidUTF8)
    #expect(failureByParts(String.self, [0xa0 | UInt8(text.count)] + text)?.code == .invalidUTF8)
  }

  @Test("every prefix of every object is refused", arguments: pythonFixtures.indices)
  func truncation(_ index: Int) throws {
    let bytes = try encoded(pythonFixtures[index].value)
    let lengths = bytes.count < 100 ? Array(0..<bytes.count) : [0, 1, 2, 3, 4, 5, 6, bytes.count / 2, bytes.count - 1]
    for length in lengths {
      let prefix = Array(bytes.prefix(length))
      #expect(failure(MessagePackValue.self, prefix)?.code == .truncated)
      let span = prefix.span.bytes
      var reader = ByteReader(span)
      #expect(failure { () throws(MessagePackError) in try reader.skip() } != nil)
      let position = reader.position
      #expect(position == 0)
    }
  }

  @Test(
    "counts that the bytes cannot hold reserve nothing",
    arguments: [
      [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff, 1], [0xdf, 0x80, 0, 0, 0, 1, 2, 3],
      [0xc9, 0, 0, 0, 10, 0x54, 0x8a, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0xc9, 0, 0, 0, 10, 0x54, 0x8a, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] as [[UInt8]])
  func hugeCounts(_ bytes: [UInt8]) {
    #expect(failure(MessagePackValue.self, bytes) != nil)
    #expect(failure([Double].self, bytes) != nil)
    #expect(failure([String: Int].self, bytes) != nil)
    #expect(failure(RawArray<Double>.self, bytes) != nil)
    #expect(failure(String.self, bytes) != nil)
    #expect(failureByParts([FormatTests.Wrapped].self, bytes) != nil)
    #expect(failureByParts([String: FormatTests.Wrapped].self, bytes) != nil)
  }

  @Test(
    "all containers together reserve a small multiple of the bytes, whatever they claim", arguments: [1, 8, 24, 1000, 1 << 40])
  func reservations(_ stride: Int) {
    let bytes = [UInt8](repeating: 0xdd, count: 10_000)
    var reader = ByteReader(bytes.span.bytes)
    var reserved = 0
    for _ in 0..<2000 {
      let count = reader.affordableCount(9000, stride: stride)
      #expect(count <= 9000)
      reserved += count * stride
    }
    #expect(reserved <= 8 * bytes.count + 256)
    let overflowing = reader.affordableCount(.max, stride: .max)
    #expect(overflowing == 0)
  }

  @Test("nesting up to the limit reads and writes, one more is refused")
  func depth() throws {
    let limit = ByteReader.depthLimit
    let deepest = [UInt8](repeating: 0x91, count: limit - 1) + [0x90]
    let value = try decoded(MessagePackValue.self, deepest)
    #expect(try encoded(value) == deepest)
    let deeper = [0x91] + deepest
    #expect(failure(MessagePackValue.self, deeper)?.code == .tooDeep)
    #expect(throws: MessagePackError.self) { try encoded(MessagePackValue.array([value])) }
    #expect(failure(List.self, [UInt8](repeating: 0x91, count: 100_000))?.code == .tooDeep)
    let links = [UInt8]((0..<5000).flatMap { _ in [0x81, 0xa4] + Array("next".utf8) }) + [0xc0]
    #expect(failureByParts(Link.self, links)?.code == .tooDeep)
    let bytes = [UInt8](repeating: 0x91, count: 100_000) + [0x90]
    let span = bytes.span.bytes
    var reader = ByteReader(span)
    try reader.skip()
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  struct List: RayValue {
    var inner: [List]

    func encode(into writer: inout ByteWriter) { writer.put(nested: inner) }
    static func decode(from reader: inout ByteReader) throws(MessagePackError) -> List {
      List(inner: try reader.get([List].self))
    }
  }

  final class Link: Codable, Sendable {
    let next: Link?
    init(next: Link?) { self.next = next }
  }

  @Test("values nested beyond the limit are refused when written, also through Codable, and the writer stays usable")
  func encodingDepth() throws {
    var link = Link(next: nil)
    for _ in 0..<3000 { link = Link(next: link) }
    var writer = ByteWriter()
    writer.put(1)
    #expect(failure { () throws(MessagePackError) in try writer.put(value: link) }?.code == .tooDeep)
    writer.removeAll()
    try writer.put(value: 5)
    let bytes = writer.bytes
    #expect(bytes == [5])
    #expect(throws: MessagePackError.self) { try encoded(MessagePackValue.array([deepValue(2000)])) }
  }

  private func deepValue(_ depth: Int) -> MessagePackValue {
    var value = MessagePackValue.array([])
    for _ in 0..<depth { value = .array([value]) }
    return value
  }

  @Test("a failed read leaves the position in front of the object, however often")
  func position() throws {
    let bytes = try encoded([["a"], ["b", "c"]])
    var reader = ByteReader(bytes.span.bytes)
    for _ in 0..<3000 {
      #expect(failure { () throws(MessagePackError) in _ = try reader.get(Int.self) }?.code == .typeMismatch)
      #expect(failure { () throws(MessagePackError) in _ = try reader.get([[Int]].self) }?.code == .typeMismatch)
      #expect(failure { () throws(MessagePackError) in _ = try reader.get(CodableTests.Pair.self) }?.code == .typeMismatch)
    }
    let text = try reader.get([[String]].self)
    #expect(text == [["a"], ["b", "c"]])
  }
}
