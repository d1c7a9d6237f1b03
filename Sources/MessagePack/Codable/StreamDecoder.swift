/// What a value's `init(from:)` gets to see.
struct StreamDecoder: Decoder {
  let state: DecodingState
  /// Where the value begins.
  let position: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try StreamKeyedDecoding<Key>(state: state, position: position))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try StreamUnkeyedDecoding(state: state, position: position)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    StreamSingleDecoding(state: state, position: position)
  }
}

/// One value in the place of the whole.
struct StreamSingleDecoding: SingleValueDecodingContainer {
  let state: DecodingState
  let position: Int

  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool { state.isNil(at: position) }

  @inline(__always)
  private func get<Value: RaySerializable>(_ type: Value.Type) throws -> Value {
    let value = try state.read(at: position) { reader throws(MessagePackError) in try reader.get(type) }
    state.noteSingle(at: position)
    return value
  }

  func decode(_ type: Bool.Type) throws -> Bool { try get(type) }
  func decode(_ type: String.Type) throws -> String { try get(type) }
  func decode(_ type: Double.Type) throws -> Double { try get(type) }
  func decode(_ type: Float.Type) throws -> Float { try get(type) }
  func decode(_ type: Int.Type) throws -> Int { try get(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try get(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try get(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try get(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try get(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try get(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try get(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try get(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try get(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try get(type) }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try state.decode(type, at: position)
    state.noteSingle(at: position)
    return value
  }
}
