extension ByteReader {
  /// Reads a value; one that throws is left unread as a whole, so that something else can be tried.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func get<Value: RaySerializable>(_ type: Value.Type) throws(MessagePackError) -> Value {
    // Scalars contain nothing, so they need no guard of the stack.
    if Value.elementKind != nil { return try Value.decode(from: &self) }
    if depth >= Self.depthLimit { throw tooDeep() }
    let start = _position
    depth &+= 1
    defer { depth &-= 1 }
    do throws(MessagePackError) {
      return try Value.decode(from: &self)
    } catch {
      _position = start
      throw error
    }
  }

  /// Reads a value through its `Codable` conformance.
  @_disfavoredOverload
  @inlinable
  @_lifetime(self: copy self)
  public mutating func get<Value: Decodable>(_ type: Value.Type) throws(MessagePackError) -> Value {
    try get(codable: type)
  }

  /// Catches types that cannot be read, with a message that says what to do.
  @available(
    *, unavailable,
    message: "this type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public mutating func get<Value>(_ type: Value.Type) throws(MessagePackError) -> Value {
    fatalError("unavailable")
  }
}
