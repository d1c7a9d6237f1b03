/// A map being read.
struct StreamKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let state: DecodingState
  private let container: Int32
  private let serial: UInt32

  init(state: DecodingState, position: Int) throws {
    self.state = state
    (container, serial, _) = try state.open(isMap: true, at: position)
  }

  var codingPath: [any CodingKey] { [] }

  /// The keys that `Key` knows, in the order of the bytes; none if the bytes turn out to be broken.
  var allKeys: [Key] {
    guard let open = try? state.container(container, serial), let first = try? state.listKeys(of: open) else { return [] }
    return (0..<open.pointee.count).compactMap { state.key(first + $0) }
  }

  func contains(_ key: Key) -> Bool { (try? find(key)) != nil }

  private func find(_ key: some CodingKey) throws -> Int? {
    try state.position(of: key, in: state.container(container, serial))
  }

  /// Reads the value of `key` with `body`, and goes on behind it if it was the next one.
  @inline(__always)
  private func get<Value>(_ key: some CodingKey, _ body: (Int) throws -> Value) throws -> Value {
    let open = try state.container(container, serial)
    guard let position = try state.position(of: key, in: open) else { throw missing(key) }
    do {
      let value = try body(position)
      // The containers may have moved meanwhile.
      let open = try state.container(container, serial)
      if open.pointee.firstKey == nil { state.passEntry(open, end: state.end) }
      return value
    } catch {
      throw located(error, key)
    }
  }

  @inline(__always)
  private func get<Value: RaySerializable>(_ type: Value.Type, _ key: Key) throws -> Value {
    try get(key) { position in
      try state.read(at: position) { reader throws(MessagePackError) in try reader.get(type) }
    }
  }

  @inline(never)
  private func missing(_ key: some CodingKey) -> any Error {
    MessagePackError.invalidValue("expected a value for the key \"\(key.stringValue)\", found none")
  }

  @inline(never)
  private func located(_ error: any Error, _ key: some CodingKey) -> any Error {
    MessagePackError(decoding: error).located(at: key.stringValue)
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    guard let position = try find(key) else { throw missing(key) }
    guard state.isNil(at: position) else { return false }
    let open = try state.container(container, serial)
    if open.pointee.firstKey == nil { state.passEntry(open, end: position + 1) }
    return true
  }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try get(type, key) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try get(type, key) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try get(type, key) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try get(type, key) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try get(type, key) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try get(type, key) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try get(type, key) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try get(type, key) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try get(type, key) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try get(type, key) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try get(type, key) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try get(type, key) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try get(type, key) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try get(type, key) }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try get(key) { try state.decode(type, at: $0) }
  }

  // MARK: Nested

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try StreamDecoder(state: state, position: pass(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try StreamDecoder(state: state, position: pass(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { StreamDecoder(state: state, position: try pass(SuperKey())) }
  func superDecoder(forKey key: Key) throws -> any Decoder { StreamDecoder(state: state, position: try pass(key)) }

  /// Steps over the value of `key`, which somebody else is going to read, and says where it is.
  private func pass(_ key: some CodingKey) throws -> Int {
    try get(key) { position in
      _ = try state.skip(at: position)
      return position
    }
  }
}

/// The key under which classes keep what belongs to their superclass.
private struct SuperKey: CodingKey {
  var stringValue: String { "super" }
  var intValue: Int? { nil }
  init() {}
  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

extension DecodingState {
  /// The listed key with this index as a `Key`, nil if that type does not know it.
  fileprivate func key<Key: CodingKey>(_ index: Int) -> Key? {
    let position = keyPosition(index)
    return try? read(at: position) { reader throws(MessagePackError) -> Key? in
      if let text = try? reader.getString() { return Key(stringValue: text) }
      let number = try reader.peekWideInteger("a key")
      return number.exactly(Int.self).flatMap { Key(intValue: $0) } ?? Key(stringValue: number.description)
    }
  }
}
