extension ByteReader {
  /// Reads a value.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func get<Value: RaySerializable>(_ type: Value.Type) throws(MessagePackError) -> Value {
    // Scalars contain nothing, so they need no guard of the stack.
    if Value.elementKind != nil { return try Value.decode(from: &self) }
    depth &+= 1
    if depth > Self.depthLimit { throw tooDeep() }
    let value = try Value.decode(from: &self)
    depth &-= 1
    return value
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
