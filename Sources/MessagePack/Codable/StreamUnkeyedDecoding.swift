/// An array being read; copies go on independently, so that a type may try something and go back.
struct StreamUnkeyedDecoding: UnkeyedDecodingContainer {
  private let state: DecodingState
  private let container: Int32
  private let serial: UInt32
  private let elementCount: Int
  private var cursor: Int
  private(set) var currentIndex = 0

  init(state: DecodingState, position: Int) throws {
    let elements = try state.elementwise(at: position)
    self.state = elements ?? state
    (container, serial, elementCount) = try self.state.open(isMap: false, at: elements == nil ? position : 0)
    cursor = self.state.end
  }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { elementCount }
  var isAtEnd: Bool { currentIndex == elementCount }

  /// Reads the next element with `body` and goes on behind it.
  @inline(__always)
  private mutating func get<Value>(_ body: (Int) throws -> Value) throws -> Value {
    guard currentIndex < elementCount else { throw exhausted() }
    _ = try state.container(container, serial)
    do {
      let value = try body(cursor)
      let open = try state.container(container, serial)
      cursor = state.end
      if open.pointee.index == currentIndex { state.passEntry(open, end: cursor) }
      currentIndex += 1
      return value
    } catch {
      throw located(error)
    }
  }

  @inline(__always)
  private mutating func get<Value: RaySerializable>(_ type: Value.Type) throws -> Value {
    let state = state
    return try get { position in
      try state.read(at: position) { reader throws(MessagePackError) in try reader.get(type) }
    }
  }

  private func exhausted() -> any Error {
    MessagePackError.invalidValue("expected more than \(elementCount) elements, found the end of the array")
  }

  @inline(never)
  private func located(_ error: any Error) -> any Error {
    MessagePackError(decoding: error).located(at: "[\(currentIndex)]")
  }

  mutating func decodeNil() throws -> Bool {
    guard currentIndex < elementCount else { throw exhausted() }
    guard state.isNil(at: cursor) else { return false }
    let state = state
    _ = try get { try state.skip(at: $0) }
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try get(type) }
  mutating func decode(_ type: String.Type) throws -> String { try get(type) }
  mutating func decode(_ type: Double.Type) throws -> Double { try get(type) }
  mutating func decode(_ type: Float.Type) throws -> Float { try get(type) }
  mutating func decode(_ type: Int.Type) throws -> Int { try get(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try get(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try get(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try get(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try get(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try get(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try get(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try get(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try get(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try get(type) }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let state = state
    return try get { try state.decode(type, at: $0) }
  }

  // MARK: Nested

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try StreamDecoder(state: state, position: pass()).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try StreamDecoder(state: state, position: pass()).unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { StreamDecoder(state: state, position: try pass()) }

  /// Steps over the next element, which somebody else is going to read, and says where it is.
  private mutating func pass() throws -> Int {
    let state = state
    return try get { position in
      _ = try state.skip(at: position)
      return position
    }
  }
}
