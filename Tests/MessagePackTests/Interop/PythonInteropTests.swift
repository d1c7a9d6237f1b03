internal import MessagePack
internal import Testing

/// A value, and what Python's `msgpack.packb` makes of it.
struct PythonFixture: Sendable {
  var value: MessagePackValue
  var count: Int
  /// Over all bytes: each times 31 more than the rest before it, in 32 bits.
  var checksum: UInt32
  /// The first 24 bytes at most.
  var head: [UInt8]

  init(_ value: MessagePackValue, _ count: Int, _ checksum: UInt32, _ head: [UInt8]) {
    self.value = value
    self.count = count
    self.checksum = checksum
    self.head = head
  }
}

@Suite("Bytes are the same as those of Python's msgpack")
struct PythonInteropTests {
  @Test("writing makes Python's bytes", arguments: pythonFixtures.indices)
  func writes(_ index: Int) throws {
    let fixture = pythonFixtures[index]
    let bytes = try encoded(fixture.value)
    #expect(bytes.count == fixture.count)
    #expect(Array(bytes.prefix(24)) == fixture.head)
    #expect(bytes.reduce(0) { $0 &* 31 &+ UInt32($1) } == fixture.checksum)
  }

  @Test("reading gets the value back", arguments: pythonFixtures.indices)
  func reads(_ index: Int) throws {
    let fixture = pythonFixtures[index]
    let bytes = try encoded(fixture.value)
    let value = try decoded(MessagePackValue.self, bytes)
    // NaN differs from itself, its bytes do not.
    #expect(try encoded(value) == bytes)
    if !"\(fixture.value)".contains("nan") { #expect(value == fixture.value) }
  }

  @Test("timestamps", arguments: pythonTimestamps.indices)
  func timestamps(_ index: Int) throws {
    let (timestamp, bytes) = pythonTimestamps[index]
    #expect(try encoded(timestamp) == bytes)
    #expect(try decoded(MessagePackTimestamp.self, bytes) == timestamp)
  }
}
