internal import MessagePack
internal import Testing

@Suite("Every format is used exactly where it is the shortest")
struct FormatTests {
  static let integers: [(Int64, [UInt8])] = [
    (0, [0x00]), (127, [0x7f]),
    (128, [0xcc, 0x80]), (255, [0xcc, 0xff]),
    (256, [0xcd, 1, 0]), (65535, [0xcd, 0xff, 0xff]),
    (65536, [0xce, 0, 1, 0, 0]), (4_294_967_295, [0xce, 0xff, 0xff, 0xff, 0xff]),
    (4_294_967_296, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
    (.max, [0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    (-1, [0xff]), (-32, [0xe0]),
    (-33, [0xd0, 0xdf]), (-128, [0xd0, 0x80]),
    (-129, [0xd1, 0xff, 0x7f]), (-32768, [0xd1, 0x80, 0]),
    (-32769, [0xd2, 0xff, 0xff, 0x7f, 0xff]), (-2_147_483_648, [0xd2, 0x80, 0, 0, 0]),
    (-2_147_483_649, [0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
    (.min, [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
  ]

  @Test("integers", arguments: integers.indices)
  func integer(_ index: Int) throws {
    let (value, bytes) = Self.integers[index]
    #expect(try encoded(value) == bytes)
    #expect(try encoded(Int(value)) == bytes)
    #expect(try decoded(Int64.self, bytes) == value)
    if let unsigned = UInt64(exactly: value) { #expect(try encoded(unsigned) == bytes) }
  }

  @Test("the largest unsigned integer")
  func largest() throws {
    let bytes: [UInt8] = [0xcf] + [UInt8](repeating: 0xff, count: 8)
    #expect(try encoded(UInt64.max) == bytes)
    #expect(try decoded(UInt64.self, bytes) == .max)
  }

  @Test("every width of an integer reads into every width that holds it")
  func widths() throws {
    let sevens: [[UInt8]] = [
      [7], [0xcc, 7], [0xcd, 0, 7], [0xce, 0, 0, 0, 7], [0xcf, 0, 0, 0, 0, 0, 0, 0, 7],
      [0xd0, 7], [0xd1, 0, 7], [0xd2, 0, 0, 0, 7], [0xd3, 0, 0, 0, 0, 0, 0, 0, 7],
    ]
    for bytes in sevens {
      #expect(try decoded(Int8.self, bytes) == 7)
      #expect(try decoded(Int16.self, bytes) == 7)
      #expect(try decoded(Int32.self, bytes) == 7)
      #expect(try decoded(Int.self, bytes) == 7)
      #expect(try decoded(UInt8.self, bytes) == 7)
      #expect(try decoded(UInt16.self, bytes) == 7)
      #expect(try decoded(UInt32.self, bytes) == 7)
      #expect(try decoded(UInt.self, bytes) == 7)
      #expect(try decoded(Double.self, bytes) == 7)
      #expect(try decoded(Float.self, bytes) == 7)
    }
  }

  @Test("extremes of every integer type come back")
  func extremes() throws {
    func check<Value: RaySerializable & FixedWidthInteger>(_ type: Value.Type) throws {
      for value in [Value.min, .min + 1, 0, 1, .max - 1, .max] {
        #expect(try decoded(type, encoded(value)) == value)
      }
    }
    try check(Int8.self)
    try check(Int16.self)
    try check(Int32.self)
    try check(Int64.self)
    try check(Int.self)
    try check(UInt8.self)
    try check(UInt16.self)
    try check(UInt32.self)
    try check(UInt64.self)
    try check(UInt.self)
  }

  static let strings: [(Int, [UInt8])] = [
    (0, [0xa0]), (31, [0xbf]), (32, [0xd9, 32]), (255, [0xd9, 255]), (256, [0xda, 1, 0]), (65535, [0xda, 0xff, 0xff]),
    (65536, [0xdb, 0, 1, 0, 0]),
  ]

  @Test("strings", arguments: strings.indices)
  func string(_ index: Int) throws {
    let (count, header) = Self.strings[index]
    let text = String(repeating: "q", count: count)
    let bytes = try encoded(text)
    #expect(bytes == header + [UInt8](repeating: UInt8(ascii: "q"), count: count))
    #expect(try decoded(String.self, bytes) == text)
  }

  static let binaries: [(Int, [UInt8])] = [
    (0, [0xc4, 0]), (255, [0xc4, 255]), (256, [0xc5, 1, 0]), (65535, [0xc5, 0xff, 0xff]), (65536, [0xc6, 0, 1, 0, 0]),
  ]

  @Test("binary data", arguments: binaries.indices)
  func binary(_ index: Int) throws {
    let (count, header) = Self.binaries[index]
    let data = [UInt8](repeating: 0xc1, count: count)
    #expect(try encoded(data) == header + data)
    #expect(try decoded([UInt8].self, header + data) == data)
  }

  static let arrays: [(Int, [UInt8])] = [
    (0, [0x90]), (15, [0x9f]), (16, [0xdc, 0, 16]), (65535, [0xdc, 0xff, 0xff]), (65536, [0xdd, 0, 1, 0, 0]),
  ]

  @Test("arrays", arguments: arrays.indices)
  func array(_ index: Int) throws {
    let (count, header) = Self.arrays[index]
    let elements = [Int](repeating: 5, count: count)
    let bytes = header + [UInt8](repeating: 5, count: count)
    #expect(try encoded(elements, typedArrays: false) == bytes)
    #expect(try decoded([Int].self, bytes) == elements)
    #expect(try encodedByParts(elements.map(Wrapped.init), typedArrays: false) == bytes)
    #expect(try decodedByParts([Wrapped].self, bytes).map(\.number) == elements)
  }

  /// Codable only, and a bare number on the wire.
  struct Wrapped: Codable {
    var number: Int

    init(number: Int) { self.number = number }
    init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(Int.self) }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(number)
    }
  }

  static let maps: [(Int, [UInt8])] = [
    (0, [0x80]), (15, [0x8f]), (16, [0xde, 0, 16]), (65535, [0xde, 0xff, 0xff]), (65536, [0xdf, 0, 1, 0, 0]),
  ]

  @Test("maps", arguments: maps.indices)
  func map(_ index: Int) throws {
    let (count, header) = Self.maps[index]
    let entries = Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", $0) })
    let bytes = try encoded(entries)
    #expect(Array(bytes.prefix(header.count)) == header)
    #expect(try decoded([String: Int].self, bytes) == entries)
    let wrapped = entries.mapValues(Wrapped.init)
    let byParts = try encodedByParts(wrapped)
    #expect(Array(byParts.prefix(header.count)) == header)
    #expect(byParts.count == bytes.count)
    #expect(try decodedByParts([String: Wrapped].self, byParts).mapValues(\.number) == entries)
  }

  static let extensions: [(Int, [UInt8])] = [
    (0, [0xc7, 0, 9]), (1, [0xd4, 9]), (2, [0xd5, 9]), (3, [0xc7, 3, 9]), (4, [0xd6, 9]), (8, [0xd7, 9]), (16, [0xd8, 9]),
    (17, [0xc7, 17, 9]), (255, [0xc7, 255, 9]), (256, [0xc8, 1, 0, 9]), (65535, [0xc8, 0xff, 0xff, 9]),
    (65536, [0xc9, 0, 1, 0, 0, 9]),
  ]

  @Test("extensions", arguments: extensions.indices)
  func extensionObject(_ index: Int) throws {
    let (count, header) = Self.extensions[index]
    let value = MessagePackValue.extension(code: 9, data: [UInt8](repeating: 3, count: count))
    let bytes = header + [UInt8](repeating: 3, count: count)
    #expect(try encoded(value) == bytes)
    #expect(try decoded(MessagePackValue.self, bytes) == value)
  }

  @Test("nil, booleans and floating point numbers")
  func scalars() throws {
    #expect(try encoded(Int?.none) == [0xc0])
    #expect(try encoded(false) == [0xc2])
    #expect(try encoded(true) == [0xc3])
    #expect(try encoded(Float(1)) == [0xca, 0x3f, 0x80, 0, 0])
    #expect(try encoded(1.0) == [0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
  }

  @Test("skipping steps over exactly one object of any format", arguments: pythonFixtures.indices)
  func skip(_ index: Int) throws {
    let bytes = try encoded(pythonFixtures[index].value) + [0xc3]
    let span = bytes.span.bytes
    var reader = ByteReader(span)
    try reader.skip()
    let position = reader.position
    #expect(position == bytes.count - 1)
    let next = try reader.get(Bool.self)
    #expect(next)
    var again = ByteReader(span)
    let object = try again.getObjectBytes()
    let byteCount = object.byteCount
    #expect(byteCount == bytes.count - 1)
  }
}
