internal import MessagePack
internal import Testing

@Suite("Codable types that do not fill one container after the other")
struct UnusualCodableTests {
  class Animal: Codable {
    var legs: Int
    init(legs: Int) { self.legs = legs }
  }

  final class Dog: Animal {
    var name: String

    init(name: String) {
      self.name = name
      super.init(legs: 4)
    }

    private enum CodingKeys: String, CodingKey { case name }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try super.encode(to: container.superEncoder())
      try container.encode(name, forKey: .name)
    }
  }

  @Test("classes with a superclass")
  func inheritance() throws {
    let bytes = try encodedByParts([Dog(name: "Rex"), Dog(name: "Bo")])
    let dogs = try decodedByParts([Dog].self, bytes)
    #expect(dogs.map(\.name) == ["Rex", "Bo"])
    #expect(dogs.map(\.legs) == [4, 4])
    #expect(try decoded(MessagePackValue.self, bytes)[at: 0] == ["super": ["legs": 4], "name": "Rex"])
  }

  struct Interleaved: Codable, Equatable {
    var rows: [[Int]]

    init(rows: [[Int]]) { self.rows = rows }

    private enum CodingKeys: CodingKey { case even, odd, count }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      var even = container.nestedUnkeyedContainer(forKey: .even)
      var odd = container.nestedUnkeyedContainer(forKey: .odd)
      for (index, row) in rows.enumerated() {
        if index % 2 == 0 { try even.encode(row) } else { try odd.encode(row) }
      }
      try container.encode(rows.count, forKey: .count)
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let count = try container.decode(Int.self, forKey: .count)
      var even = try container.nestedUnkeyedContainer(forKey: .even)
      var odd = try container.nestedUnkeyedContainer(forKey: .odd)
      rows = try (0..<count).map { try $0 % 2 == 0 ? even.decode([Int].self) : odd.decode([Int].self) }
    }
  }

  @Test("containers filled in turn")
  func interleaved() throws {
    let value = Interleaved(rows: [[1], [2, 3], [], [4]])
    let bytes = try encodedByParts(["a": value, "b": Interleaved(rows: [])])
    let copy = try decodedByParts([String: Interleaved].self, bytes)
    #expect(copy == ["a": value, "b": Interleaved(rows: [])])
  }

  struct Layered: Codable, Equatable {
    var a = 1
    var b = 2

    private enum First: CodingKey { case a }
    private enum Second: CodingKey { case b }

    init() {}

    func encode(to encoder: any Encoder) throws {
      var first = encoder.container(keyedBy: First.self)
      try first.encode(a, forKey: .a)
      var second = encoder.container(keyedBy: Second.self)
      try second.encode(b, forKey: .b)
    }

    init(from decoder: any Decoder) throws {
      a = try decoder.container(keyedBy: First.self).decode(Int.self, forKey: .a)
      b = try decoder.container(keyedBy: Second.self).decode(Int.self, forKey: .b)
    }
  }

  @Test("two containers of one encoder are the same map")
  func layered() throws {
    let bytes = try encodedByParts([Layered(), Layered()])
    #expect(try decoded(MessagePackValue.self, bytes) == [["a": 1, "b": 2], ["a": 1, "b": 2]])
    #expect(try decodedByParts([Layered].self, bytes) == [Layered(), Layered()])
  }

  struct Silent: Codable, Equatable {
    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
  }

  @Test("a value without parts is an empty map, and steps over whatever is there")
  func silent() throws {
    #expect(try encodedByParts([Silent(), Silent()]) == [0x92, 0x80, 0x80])
    #expect(try decodedByParts([Silent].self, [0x92, 0x81, 1, 2, 0xa1, 0x61]) == [Silent(), Silent()])
  }

  enum Either: Codable, Equatable {
    case number(Int)
    case text(String)
    case list([Int])

    init(from decoder: any Decoder) throws {
      if let number = try? decoder.singleValueContainer().decode(Int.self) {
        self = .number(number)
      } else if let text = try? decoder.singleValueContainer().decode(String.self) {
        self = .text(text)
      } else {
        var container = try decoder.unkeyedContainer()
        var copy = container
        _ = try? copy.decode(String.self)
        var list: [Int] = []
        while !container.isAtEnd { list.append(try container.decode(Int.self)) }
        self = .list(list)
      }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .number(let number):
        var container = encoder.singleValueContainer()
        try container.encode(number)
      case .text(let text):
        var container = encoder.singleValueContainer()
        try container.encode(text)
      case .list(let list):
        var container = encoder.unkeyedContainer()
        for number in list { try container.encode(number) }
      }
    }
  }

  @Test("types that try one thing and then another")
  func trying() throws {
    let values: [Either] = [.number(1), .text("x"), .list([1, 2, 3]), .list([]), .number(-1)]
    #expect(try encodedByParts(values) == [0x95, 1, 0xa1, 0x78, 0x93, 1, 2, 3, 0x90, 0xff])
    #expect(try decodedByParts([Either].self, encodedByParts(values)) == values)
  }

  struct Refusing: Encodable {
    struct Reason: Error {}
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try container.encode(1)
      throw Reason()
    }
  }

  struct Forgiving: Encodable {
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try? container.encode(Refusing())
      try container.encode("still whole")
    }
  }

  @Test("a value that throws leaves whole bytes and a failure; caught inside, only a nil")
  func throwing() throws {
    var writer = ByteWriter()
    writer.put("before")
    let failure = failure { () throws(MessagePackError) in try writer.put(value: Refusing()) }
    #expect(failure?.message.contains("Refusing cannot be written") == true)
    let text = "\(Refusing.Reason())"
    #expect(failure?.message.contains(text) == true)
    #expect(try encodedByParts(Forgiving()) == [0x92, 0xc0, 0xab] + Array("still whole".utf8))
  }

  final class Thief: Codable {
    nonisolated(unsafe) static var encoder: (any Encoder)?  // used by one serial test only
    nonisolated(unsafe) static var decoder: (any Decoder)?  // used by one serial test only

    init() {}
    init(from decoder: any Decoder) throws { Thief.decoder = decoder }
    func encode(to encoder: any Encoder) throws {
      Thief.encoder = encoder
      var container = encoder.singleValueContainer()
      try container.encode(1)
    }
  }

  @Test("encoders and decoders that outlive their value refuse")
  func outliving() throws {
    _ = try encodedByParts(Thief())
    _ = try decodedByParts(Thief.self, [1])
    var container = try #require(Thief.encoder).unkeyedContainer()
    #expect(throws: (any Error).self) { try container.encode(1) }
    let decoder = try #require(Thief.decoder)
    #expect(throws: (any Error).self) { try decoder.singleValueContainer().decode(Int.self) }
    #expect(throws: (any Error).self) { try decoder.unkeyedContainer() }
    Thief.encoder = nil
    Thief.decoder = nil
  }
}
