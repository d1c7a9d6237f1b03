internal import MessagePack
internal import Testing

@Suite("Values of the standard library come back as they were")
struct ValueTests {
  @Test(
    "floating point numbers, bit by bit",
    arguments: [
      0.0, -0.0, 1.5, .infinity, -.infinity, .nan, .signalingNaN, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .pi,
    ])
  func doubles(_ value: Double) throws {
    #expect(try decoded(Double.self, encoded(value)).bitPattern == value.bitPattern)
    #expect(try decodedByParts(Double.self, encodedByParts(value)).bitPattern == value.bitPattern)
    // A conversion may quiet a signalling NaN.
    let float = Float(value)
    #expect(try decoded(Float.self, encoded(float)).bitPattern == float.bitPattern)
  }

  @Test(
    "strings of any Unicode, with zero bytes, and of every length around the small ones",
    arguments: [
      "", "\0", "a\0b", "ü", "日本語", "👩‍👩‍👧‍👦", "e\u{301}", "\u{feff}bom", "\u{10ffff}", "\r\n",
      String(repeating: "é", count: 7), String(repeating: "é", count: 8), String(repeating: "é", count: 16),
    ])
  func strings(_ text: String) throws {
    let copy = try decoded(String.self, encoded(text))
    // Equality of strings ignores normalisation; the bytes must not change either.
    #expect(Array(copy.utf8) == Array(text.utf8))
    #expect(Array(try decodedByParts(String.self, encodedByParts(text)).utf8) == Array(text.utf8))
  }

  @Test("nil is not empty")
  func nilAndEmpty() throws {
    #expect(try decoded([Int]?.self, encoded([Int]?.none)) == nil)
    #expect(try decoded([Int]?.self, encoded([Int]?.some([]))) == [])
    #expect(try decoded([String: Int]?.self, encoded([String: Int]?.none)) == nil)
    #expect(try decoded([String: Int]?.self, encoded([String: Int]?.some([:]))) == [:])
    #expect(try decoded(String?.self, encoded(String?.none)) == nil)
    #expect(try decoded(String?.self, encoded(String?.some(""))) == "")
    #expect(try decoded([UInt8]?.self, encoded([UInt8]?.some([]))) == [])
    #expect(try decoded([Int?].self, encoded([1, nil, 3])) == [1, nil, 3])
  }

  @Test("containers in containers")
  func containers() throws {
    let nested = [["a": [1, 2], "b": []], [:], ["ü": [3]]]
    #expect(try decoded([[String: [Int]]].self, encoded(nested)) == nested)
    let keyed: [Int: Bool] = [-1: true, 0: false, .max: true]
    #expect(try decoded([Int: Bool].self, encoded(keyed)) == keyed)
    #expect(try decoded([Bool: String].self, encoded([true: "y", false: "n"])) == [true: "y", false: "n"])
    let members: Set<String> = ["x", "y", "z"]
    #expect(try decoded(Set<String>.self, encoded(members)) == members)
    #expect(try decoded(Set<Int>.self, [0x93, 1, 1, 2]) == [1, 2])
    #expect(try decoded(Set<Int>.self, encoded(Array(0..<100))) == Set(0..<100))
  }

  @Test("of entries with equal keys the last one counts")
  func duplicates() throws {
    #expect(try decoded([Int: Int].self, [0x82, 1, 2, 1, 3]) == [1: 3])
  }

  @Test("characters, ranges, enums with raw values")
  func others() throws {
    #expect(try decoded(Character.self, encoded(Character("👩‍👩‍👧‍👦"))) == "👩‍👩‍👧‍👦")
    #expect(failure(Character.self, try encoded("ab"))?.code == .invalidValue)
    #expect(try decoded(Range<Int>.self, encoded(3..<9)) == 3..<9)
    #expect(try decoded(ClosedRange<Double>.self, encoded(-1.5...2)) == -1.5...2)
    #expect(failure(Range<Int>.self, [0x92, 9, 3])?.code == .invalidValue)
    #expect(try decoded(Color.self, encoded(Color.green)) == .green)
    #expect(failure(Color.self, try encoded("mauve"))?.message.contains("Color") == true)
  }

  enum Color: String, RayValue { case red, green }

  @Test(
    "durations",
    arguments: [
      Duration.zero, .nanoseconds(1), .seconds(-3), .milliseconds(1500), .nanoseconds(Int64.max), .nanoseconds(Int64.min),
      Duration(secondsComponent: 1, attosecondsComponent: 1), Duration(secondsComponent: .max, attosecondsComponent: 5),
      Duration(secondsComponent: -7, attosecondsComponent: -999_999_999_999_999_999),
    ])
  func durations(_ duration: Duration) throws {
    #expect(try decoded(Duration.self, encoded(duration)) == duration)
  }

  @Test("a whole number of nanoseconds is an integer, as in other languages")
  func durationFormat() throws {
    #expect(try encoded(Duration.microseconds(1)) == [0xcd, 0x03, 0xe8])
  }

  @Test("binary data that is UTF-8 reads as a string, as other languages write keys")
  func binaryKeys() throws {
    #expect(try decoded([String: Int].self, [0x81, 0xc4, 1, 0x6b, 1]) == ["k": 1])
  }

  @Test("arrays of bytes also read from plain arrays")
  func bytesFromArray() throws {
    #expect(try decoded([UInt8].self, [0x93, 1, 0xcc, 200, 3]) == [1, 200, 3])
  }

  @Test("dynamic values: access, literals, conversion")
  func dynamic() throws {
    let value: MessagePackValue = ["name": "Ada", "tags": [1, 2.5, nil, true]]
    #expect(value["name"] == "Ada")
    #expect(value["missing"] == nil)
    #expect(value["tags"]?[at: 1] == 2.5)
    #expect(value["tags"]?[at: 4] == nil)
    #expect("\(value)" == #"["name": "Ada", "tags": [1, 2.5, nil, true]]"#)
    #expect(try decoded(MessagePackValue.self, encoded(value)) == value)
    let numbers: MessagePackValue = ["a": 1, "b": 2]
    #expect(try numbers.decode(as: [String: Int].self) == ["a": 1, "b": 2])
    #expect(try encoded(MessagePackValue.int(5)) == encoded(MessagePackValue.uint(5)))
  }
}
