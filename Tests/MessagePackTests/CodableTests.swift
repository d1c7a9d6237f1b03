internal import MessagePack
internal import Testing

@Suite("Codable values come back as they were")
struct CodableTests {
  struct Address: Codable, Hashable, Sendable {
    var street: String
    var number: Int?
    var tags: Set<String>
  }

  struct Person: Codable, Hashable, Sendable {
    var name: String
    var age: UInt8
    var height: Float?
    var home: Address
    var others: [Address]
    var scores: [Int: Double]
    var notes: [String: [String?]]
    var nested: [[Bool]]?
    var manager: Manager?
  }

  final class Manager: Codable, Hashable, Sendable {
    let person: Person
    init(_ person: Person) { self.person = person }
    static func == (a: Manager, b: Manager) -> Bool { a.person == b.person }
    func hash(into hasher: inout Hasher) { hasher.combine(person) }
  }

  static let ada = Person(
    name: "Ada", age: 36, height: nil, home: Address(street: "Größe", number: nil, tags: ["a", "b"]),
    others: [Address(street: "", number: -1, tags: []), Address(street: "x", number: 7, tags: ["\0"])],
    scores: [1: 0.5, -9: .infinity], notes: ["k": ["v", nil], "": []], nested: [[true], []], manager: nil)

  @Test("nested structs with optional properties, collections and recursion")
  func nested() throws {
    var boss = Self.ada
    boss.manager = Manager(Self.ada)
    boss.height = 1.5
    for person in [Self.ada, boss] {
      #expect(try decodedByParts(Person.self, encodedByParts(person)) == person)
    }
    #expect(try decodedByParts([Person?].self, encodedByParts([Self.ada, nil, boss])) == [Self.ada, nil, boss])
    let keyed = ["a": Self.ada, "b": boss]
    #expect(try decodedByParts([String: Person].self, encodedByParts(keyed)) == keyed)
  }

  struct Pair: Codable, Hashable, Sendable {
    var first: Int
    var second: String
  }

  @Test("structs are maps with string keys in the order of their properties")
  func format() throws {
    let bytes = try encodedByParts(Pair(first: 1, second: "b"))
    #expect(bytes == [0x82, 0xa5] + Array("first".utf8) + [1, 0xa6] + Array("second".utf8) + [0xa1, 0x62])
  }

  @Test("keys in another order, with unknown ones between", arguments: 0..<20)
  func order(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    guard case .map(var entries) = try decoded(MessagePackValue.self, encodedByParts(Self.ada)) else {
      Issue.record("no map")
      return
    }
    entries.append(.init("unknown", ["deep": [1, [2, ["x": nil]]]]))
    entries.append(.init(7, .binary([1, 2, 3])))
    entries.append(.init(.nil, 2.5))
    entries.shuffle(using: &generator)
    let bytes = try encoded([MessagePackValue.map(entries), "after"])
    let span = bytes.span.bytes
    var reader = ByteReader(span)
    _ = try reader.getArrayHeader()
    let person = try reader.get(codable: Person.self)
    let after = try reader.get(String.self)
    #expect(person == Self.ada, "seed \(seed)")
    #expect(after == "after", "seed \(seed)")
  }

  @Test("missing keys are nil for optional properties and named failures for others")
  func missing() throws {
    let address: MessagePackValue = ["street": "s", "tags": []]
    #expect(try address.decode(as: Address.self) == Address(street: "s", number: nil, tags: []))
    let explicit: MessagePackValue = ["number": nil, "street": "s", "tags": []]
    #expect(try explicit.decode(as: Address.self) == Address(street: "s", number: nil, tags: []))
    let bytes = try encoded(["tags": [], "number": 1] as MessagePackValue)
    let failure = try #require(failureByParts(Address.self, bytes))
    #expect(failure.message == #"expected a value for the key "street", found none"#)
    #expect(failureByParts(Address.self, [0x80])?.code == .invalidValue)
  }

  @Test("failures say where they happened")
  func places() throws {
    guard case .map(var entries) = try decoded(MessagePackValue.self, encodedByParts(Self.ada)) else { return }
    let index = try #require(entries.firstIndex { $0.key == "others" })
    entries[index].value = [["street": "", "tags": []], ["street": 5, "tags": []]]
    let failure = try #require(failureByParts(Person.self, try encoded(MessagePackValue.map(entries))))
    #expect(failure.message == "at others[1].street: expected String, found 5")
    #expect(failure.code == .typeMismatch)
    let overflow = failureByParts(Person.self, try encoded(["name": "", "age": 300] as MessagePackValue))
    #expect(overflow?.message == "at age: expected UInt8, found 300: overflows")
  }

  enum Shape: Codable, Hashable, Sendable {
    case circle(radius: Double)
    case rectangle(width: Int, height: Int)
    case named(String)
    case empty
  }

  enum Suit: String, Codable, Hashable, Sendable { case hearts, spades }

  @Test("enums with and without raw and associated values")
  func enums() throws {
    let shapes: [Shape] = [.circle(radius: 2), .empty, .rectangle(width: 1, height: 2), .named("x")]
    #expect(try decodedByParts([Shape].self, encodedByParts(shapes)) == shapes)
    #expect(try decodedByParts([Suit].self, encodedByParts([Suit.spades, .hearts])) == [.spades, .hearts])
    #expect(try decodedByParts([Suit: Int].self, encodedByParts([Suit.spades: 1])) == [.spades: 1])
    #expect(failureByParts(Suit.self, try encoded("clubs"))?.code == .invalidValue)
  }

  @Test("dictionaries with integer keys from other languages")
  func integerKeys() throws {
    let bytes = try encoded([1: ["first": 2, "second": "s"]] as MessagePackValue)
    #expect(try decodedByParts([Int: Pair].self, bytes) == [1: Pair(first: 2, second: "s")])
  }

  struct Coordinates: RayValue, Codable, Hashable {
    var x: Int
    var y: Int

    init(x: Int, y: Int) {
      self.x = x
      self.y = y
    }

    func encode(into writer: inout ByteWriter) {
      writer.putArrayHeader(2)
      writer.put(x)
      writer.put(y)
    }

    static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Coordinates {
      guard try reader.getArrayHeader() == 2 else { throw .invalidValue("expected Coordinates") }
      return Coordinates(x: try reader.get(Int.self), y: try reader.get(Int.self))
    }
  }

  struct Path: Codable, Hashable {
    var points: [Coordinates]
    var start: Coordinates?
    var samples: [Double]
  }

  @Test("parts with a codec of their own use it, typed arrays included")
  func codecs() throws {
    let path = Path(points: [.init(x: 1, y: 2)], start: .init(x: 3, y: 4), samples: (0..<100).map(Double.init))
    let bytes = try encodedByParts(path)
    #expect(try decodedByParts(Path.self, bytes) == path)
    #expect(Array(bytes.prefix(12)) == [0x83, 0xa6] + Array("points".utf8) + [0x91, 0x92, 1, 2])
    #expect(bytes.count < 1000)
  }

  @Test("typed arrays read as arrays of Codable elements")
  func typedElements() throws {
    let bytes = try encoded((0..<100).map(Int32.init))
    #expect(try decodedByParts([FormatTests.Wrapped].self, bytes).map(\.number) == Array(0..<100))
    #expect(try decodedByParts([FormatTests.Wrapped].self, [0xc4, 2, 8, 9]).map(\.number) == [8, 9])
    struct Holder: Codable { var before: Int, list: [FormatTests.Wrapped], after: String }
    let value: MessagePackValue = ["before": 1, "list": .binary([5]), "after": "x"]
    let holder = try value.decode(as: Holder.self)
    #expect(holder.list.map(\.number) == [5])
    #expect(holder.after == "x")
  }

  @Test("an own codec may contain Codable-only parts, and the other way round")
  func mixed() throws {
    struct Box: RayValue, Equatable {
      var pair: Pair
      func encode(into writer: inout ByteWriter) { writer.put(nested: pair) }
      static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Box {
        Box(pair: try reader.get(Pair.self))
      }
    }
    let boxes = [Box(pair: Pair(first: 1, second: "")), Box(pair: Pair(first: 2, second: "x"))]
    #expect(try decoded([Box].self, encoded(boxes)) == boxes)
  }
}
