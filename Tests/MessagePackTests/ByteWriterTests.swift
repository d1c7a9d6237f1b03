internal import MessagePack
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

@Suite("A writer is a buffer")
struct ByteWriterTests {
  @Test("growing keeps what was written", arguments: 0..<4)
  func growth(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var writer = ByteWriter(capacity: Int(seed) * 3)
    var expected: [UInt8] = []
    for _ in 0..<2000 {
      let value = UInt64.random(in: 0...(.max), using: &generator) >> UInt64.random(in: 0...63, using: &generator)
      writer.append(littleEndian: value)
      for shift in 0..<8 { expected.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(shift)))) }
    }
    let bytes = writer.bytes
    #expect(bytes == expected, "seed \(seed)")
  }

  @Test("as a queue: bytes leave at the front while others are appended", arguments: 0..<8)
  func queue(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var writer = ByteWriter()
    var model: [UInt8] = []
    for step in 0..<3000 {
      if Bool.random(using: &generator) {
        let part = (0..<Int.random(in: 0...200, using: &generator)).map { UInt8(truncatingIfNeeded: step &+ $0) }
        part.withUnsafeBytes { writer.append($0) }
        model += part
      } else {
        let taken = Int.random(in: 0...model.count, using: &generator)
        writer.consume(taken)
        model.removeFirst(taken)
      }
      let count = writer.count
      #expect(count == model.count, "seed \(seed)")
    }
    let bytes = writer.bytes
    #expect(bytes == model, "seed \(seed)")
  }

  @Test("consuming keeps the storage from growing without bound")
  func compaction() {
    var writer = ByteWriter()
    let frame = [UInt8](repeating: 1, count: 1000)
    for _ in 0..<10_000 {
      frame.withUnsafeBytes { writer.append($0) }
      if writer.count > 2000 { writer.consume(1000) }
    }
    let total = writer.count + writer.spareCapacity
    #expect(total < 16_000)
  }

  @Test("a length is filled in later, also after the front has moved")
  func patching() {
    var writer = ByteWriter()
    writer.append(littleEndian: UInt16(7))
    writer.consume(2)
    writer.putNil()
    let offset = writer.count
    writer.append(littleEndian: UInt32(0))
    writer.put("x")
    writer.patch(0x0403_0201, at: offset)
    let bytes = writer.bytes
    #expect(bytes == [0xc0, 1, 2, 3, 4, 0xa1, 0x78])
  }

  @Test("reserve and advance")
  func reserving() {
    var writer = ByteWriter()
    let place = writer.reserve(3)
    place.copyMemory(from: [1, 2, 3] as [UInt8], byteCount: 3)
    writer.advance(2)
    let (bytes, spare) = (writer.bytes, writer.spareCapacity)
    #expect(bytes == [1, 2])
    #expect(spare >= 1)
    writer.truncate(to: 1)
    let count = writer.count
    #expect(count == 1)
  }

  @Test("lent storage is filled to the last byte, then the bytes move to the heap", arguments: [0, 1, 5, 9, 10, 11, 100])
  func lending(_ size: Int) throws {
    var storage = [UInt8](repeating: 0xee, count: size + 1)
    let expected = try encoded([1, 300, 70000])
    storage.withUnsafeMutableBytes { storage in
      var writer = ByteWriter(borrowing: UnsafeMutableRawBufferPointer(rebasing: storage[..<size]))
      writer.put(nested: [1, 300, 70000])
      let (bytes, owns) = (writer.bytes, writer.ownsStorage)
      #expect(bytes == expected)
      #expect(owns == (size < expected.count))
    }
    #expect(storage[size] == 0xee)
    if size >= expected.count { #expect(Array(storage.prefix(expected.count)) == expected) }
  }

  @Test("storage can be handed over and adopted")
  func handingOver() throws {
    var writer = ByteWriter()
    let nothing = writer.takeStorage() == nil
    #expect(nothing)
    writer.put("abc")
    let storage = writer.takeStorage()
    let taken = try #require(storage)
    let isEmpty = writer.isEmpty
    #expect(isEmpty)
    #expect(Array(taken.block[taken.bytes]) == [0xa3, 0x61, 0x62, 0x63])
    var second = ByteWriter(adopting: taken.block, count: taken.bytes.count)
    second.put(1)
    let bytes = second.bytes
    #expect(bytes == [0xa3, 0x61, 0x62, 0x63, 1])
    writer.put(2)
    let again = writer.bytes
    #expect(again == [2])
  }

  @Test("removing everything keeps the settings and forgets the rest")
  func removing() {
    var writer = ByteWriter()
    writer.allowsTypedArrays = false
    writer.put("text")
    writer.noteReference(1, 2)
    writer.removeAll(keepingCapacity: false)
    let (count, spare, references) = (writer.count, writer.spareCapacity, writer.references.count)
    #expect(count == 0)
    #expect(spare == 0)
    #expect(references == 0)
    let allows = writer.allowsTypedArrays
    #expect(!allows)
  }

  struct Reference: RayValue, Codable {
    var id: UInt64
    func encode(into writer: inout ByteWriter) {
      writer.noteReference(id, 0)
      writer.put(id)
    }
    static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Reference {
      Reference(id: try reader.get(UInt64.self))
    }
  }

  struct Holder: Codable { var references: [Reference], dog: UnusualCodableTests.Dog? }

  @Test("references inside values are noted, also through Codable, once each")
  func references() throws {
    for dog in [nil, UnusualCodableTests.Dog(name: "x")] {
      var writer = ByteWriter()
      writer.noteReference(9, 9)
      try writer.put(value: Holder(references: [.init(id: 1), .init(id: 2)], dog: dog))
      let noted = writer.takeReferences().map(\.0)
      #expect(noted == [9, 1, 2])
      let rest = writer.references.count
      #expect(rest == 0)
    }
  }
}
