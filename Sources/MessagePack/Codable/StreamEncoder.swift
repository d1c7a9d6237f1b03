/// What a value's `encode(to:)` gets to see; three words, so that it fits into `any Encoder` without an allocation.
struct StreamEncoder: Encoder {
  let state: EncodingState
  /// How many containers were open when the value began.
  let level: Int32
  let serial: UInt32
  /// Where the value began.
  let start: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(StreamKeyedContainer<Key>(open(isMap: true)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    open(isMap: false)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    StreamSingleValueContainer(state: state, start: start)
  }

  /// Containers cannot be refused here, so a failure shows when the container is used: its serial fits nothing.
  private func open(isMap: Bool) -> StreamUnkeyedContainer {
    let isOpen = (try? state.container(isMap: isMap, level: Int(level), serial: serial, start: start)) != nil
    return StreamUnkeyedContainer(state: state, level: level, serial: isOpen ? serial : 0)
  }
}

/// An array being written; also the place a keyed container keeps what it writes to.
struct StreamUnkeyedContainer: UnkeyedEncodingContainer {
  let state: EncodingState
  let level: Int32
  let serial: UInt32

  var codingPath: [any CodingKey] { [] }
  var count: Int { state.count(level: Int(level), serial: serial) }

  @inline(__always)
  func next() throws -> UnsafeMutablePointer<ByteWriter> {
    try state.addEntry(level: Int(level), serial: serial)
  }

  func encodeNil() throws { try next().pointee.putNil() }
  func encode(_ value: Bool) throws { try next().pointee.put(value) }
  func encode(_ value: String) throws { try next().pointee.put(value) }
  func encode(_ value: Double) throws { try next().pointee.put(value) }
  func encode(_ value: Float) throws { try next().pointee.put(value) }
  func encode(_ value: Int) throws { try next().pointee.put(value) }
  func encode(_ value: Int8) throws { try next().pointee.put(value) }
  func encode(_ value: Int16) throws { try next().pointee.put(value) }
  func encode(_ value: Int32) throws { try next().pointee.put(value) }
  func encode(_ value: Int64) throws { try next().pointee.put(value) }
  func encode(_ value: UInt) throws { try next().pointee.put(value) }
  func encode(_ value: UInt8) throws { try next().pointee.put(value) }
  func encode(_ value: UInt16) throws { try next().pointee.put(value) }
  func encode(_ value: UInt32) throws { try next().pointee.put(value) }
  func encode(_ value: UInt64) throws { try next().pointee.put(value) }

  func encode<Value: Encodable>(_ value: Value) throws {
    _ = try next()
    try state.encode(value)
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    KeyedEncodingContainer(StreamKeyedContainer<NestedKey>(nested(isMap: true) { try next() }))
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    nested(isMap: false) { try next() }
  }

  func superEncoder() -> any Encoder { superEncoderOfTree() }

  /// An encoder may be filled at any later time, which only the tree allows.
  func superEncoderOfTree() -> any Encoder {
    _ = state.tree()
    return StreamEncoder(state: state, level: .max, serial: 0, start: -1)
  }

  /// Opens a container in the place that `announce` makes for it.
  func nested(isMap: Bool, announce: () throws -> UnsafeMutablePointer<ByteWriter>) -> StreamUnkeyedContainer {
    do {
      _ = try announce()
      let (level, serial) = try state.nestedContainer(isMap: isMap)
      return StreamUnkeyedContainer(state: state, level: level, serial: serial)
    } catch {
      return StreamUnkeyedContainer(state: state, level: .max, serial: 0)
    }
  }
}

/// A map being written.
struct StreamKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let entries: StreamUnkeyedContainer

  init(_ entries: StreamUnkeyedContainer) { self.entries = entries }

  var codingPath: [any CodingKey] { [] }

  @inline(__always)
  private func next(_ key: some CodingKey) throws -> UnsafeMutablePointer<ByteWriter> {
    let writer = try entries.next()
    writer.pointee.put(key.stringValue)
    return writer
  }

  func encodeNil(forKey key: Key) throws { try next(key).pointee.putNil() }
  func encode(_ value: Bool, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: String, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Double, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Float, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Int, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Int8, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Int16, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Int32, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: Int64, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: UInt, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: UInt8, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: UInt16, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: UInt32, forKey key: Key) throws { try next(key).pointee.put(value) }
  func encode(_ value: UInt64, forKey key: Key) throws { try next(key).pointee.put(value) }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    _ = try next(key)
    try entries.state.encode(value)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    KeyedEncodingContainer(StreamKeyedContainer<NestedKey>(entries.nested(isMap: true) { try next(key) }))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    entries.nested(isMap: false) { try next(key) }
  }

  func superEncoder() -> any Encoder { entries.superEncoderOfTree() }
  func superEncoder(forKey key: Key) -> any Encoder { entries.superEncoderOfTree() }
}

/// One value in the place of the whole.
struct StreamSingleValueContainer: SingleValueEncodingContainer {
  let state: EncodingState
  let start: Int

  var codingPath: [any CodingKey] { [] }

  @inline(__always)
  private func place() throws -> UnsafeMutablePointer<ByteWriter> {
    let writer = try state.openWriter()
    guard writer.pointee.count == start else { throw state.tree() }
    return writer
  }

  func encodeNil() throws { try place().pointee.putNil() }
  func encode(_ value: Bool) throws { try place().pointee.put(value) }
  func encode(_ value: String) throws { try place().pointee.put(value) }
  func encode(_ value: Double) throws { try place().pointee.put(value) }
  func encode(_ value: Float) throws { try place().pointee.put(value) }
  func encode(_ value: Int) throws { try place().pointee.put(value) }
  func encode(_ value: Int8) throws { try place().pointee.put(value) }
  func encode(_ value: Int16) throws { try place().pointee.put(value) }
  func encode(_ value: Int32) throws { try place().pointee.put(value) }
  func encode(_ value: Int64) throws { try place().pointee.put(value) }
  func encode(_ value: UInt) throws { try place().pointee.put(value) }
  func encode(_ value: UInt8) throws { try place().pointee.put(value) }
  func encode(_ value: UInt16) throws { try place().pointee.put(value) }
  func encode(_ value: UInt32) throws { try place().pointee.put(value) }
  func encode(_ value: UInt64) throws { try place().pointee.put(value) }

  func encode<Value: Encodable>(_ value: Value) throws {
    _ = try place()
    try state.encode(value)
  }
}
