internal import MessagePack
internal import Ray
internal import Testing

@Suite struct RayCodableTests {
  private func bytes(_ write: (inout ByteWriter) throws -> Void) rethrows -> [UInt8] {
    var writer = ByteWriter()
    try write(&writer)
    return writer.bytes
  }

  private func read<Value: RaySerializable>(_ bytes: [UInt8], as: Value.Type = Value.self) throws -> Value {
    try bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
      let value = try reader.get(Value.self)
      let isAtEnd = reader.isAtEnd
      #expect(isAtEnd)
      return value
    }
  }

  private func returns<Value: RaySerializable & Equatable>(_ value: Value) throws {
    #expect(try read(bytes { try $0.put(value: value) }) == value)
  }

  @Test func structsComeBack() throws {
    try returns(Point(x: 1, y: -2.5))
    var everything = Everything(id: 1, name: "n", a: 2, b: 3, plain: Plain(z: 4), secret: 9)
    try returns(everything)
    everything.label = "label"
    everything.count = 0
    everything.points = [Point(x: 0, y: 0)]
    everything.default = false
    try returns(everything)
    try returns(Empty())
    try returns(Pair(first: "a", second: [Optional(1), nil]))
    try returns(Tree(value: 1, children: [Tree(value: 2, children: [])]))
  }

  @Test func localPropertiesStayBehind() throws {
    var everything = Everything(id: 1, name: "n", a: 2, b: 3, plain: Plain(z: 4))
    everything.cache = [1: 1]
    #expect(try read(bytes { try $0.put(value: everything) }, as: Everything.self).cache == [:])
  }

  @Test func aStructIsAMapInDeclaredOrder() throws {
    let expected = bytes { writer in
      writer.putMapHeader(2)
      writer.put("x")
      writer.put(1.5)
      writer.put("y")
      writer.put(2.0)
    }
    #expect(try bytes { try $0.put(value: Point(x: 1.5, y: 2)) } == expected)
  }

  @Test func fieldsAreFoundInAnyOrderAmongUnknownOnes() throws {
    let shuffled = bytes { writer in
      writer.putMapHeader(4)
      writer.put("y")
      writer.put(2)
      writer.put("who")
      writer.putArrayHeader(1)
      writer.putMapHeader(0)
      writer.put("x")
      writer.put(1)
      writer.put(7)
      writer.put(8)
    }
    #expect(try read(shuffled) == Point(x: 1, y: 2))
  }

  @Test func missingFieldsKeepDefaultsAndOptionalsAreNil() throws {
    let old = try bytes { try $0.put(value: Version1(a: 5, old: "gone")) }
    #expect(try read(old) == Version2(a: 5))
    let new = try bytes { try $0.put(value: Version2(new: [], a: 5, maybe: 1)) }
    #expect(throws: MessagePackError.invalidValue("expected Version1, found no field 'old'")) { try read(new, as: Version1.self) }
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = try bytes { try $0.put(value: Everything(id: 1, name: "name", a: 2, b: 3, plain: Plain(z: 4))) }
    for count in 0..<whole.count {
      #expect(throws: MessagePackError.self) { try read(Array(whole[..<count]), as: Everything.self) }
    }
  }

  @Test(arguments: Color.allCases) func plainEnumsAreTheirNames(color: Color) throws {
    try returns(color)
    #expect(try bytes { try $0.put(value: color) } == bytes { $0.put("\(color)") })
  }

  @Test(arguments: Level.allCases) func rawEnumsAreTheirValues(level: Level) throws {
    try returns(level)
    #expect(try bytes { try $0.put(value: level) } == bytes { $0.put(level.rawValue) })
    #expect(try read(bytes { $0.put("NO") }, as: Word.self) == .no)
  }

  @Test(arguments: [
    Shape.empty, .circle(radius: 2), .plain(Plain(z: 1)), .group([.empty, .circle(radius: 1)], .empty, name: nil),
    .group([], .group([], .empty, name: "inner"), name: "outer"),
  ]) func associatedValuesComeBack(shape: Shape) throws { try returns(shape) }

  @Test func unknownCasesAreNamed() {
    #expect(throws: MessagePackError.invalidValue("expected Color, found the unknown case 'blue'")) {
      try read(bytes { $0.put("blue") }, as: Color.self)
    }
    #expect(throws: MessagePackError.invalidValue("expected Level, found the unknown raw value 2")) {
      try read(bytes { $0.put(2) }, as: Level.self)
    }
    #expect(throws: MessagePackError.invalidValue("expected Shape.circle with 1 associated value, found 0")) {
      let wrong = bytes { writer in
        writer.putArrayHeader(1)
        writer.put("circle")
      }
      return try read(wrong, as: Shape.self)
    }
  }
}
