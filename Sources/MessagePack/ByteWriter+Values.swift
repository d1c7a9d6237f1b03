extension ByteWriter {
  /// Writes a value and reports what could not be expressed.
  @inlinable
  public mutating func put(value: borrowing some RaySerializable) throws(MessagePackError) {
    put(nested: value)
    if failure != nil { throw takeFailure() }
  }

  /// Writes a value through its `Codable` conformance and reports what could not be expressed.
  @_disfavoredOverload
  @inlinable
  public mutating func put(value: some Encodable) throws(MessagePackError) {
    put(codable: value)
    if failure != nil { throw takeFailure() }
  }

  /// Writes a value as a part of another one, inside of an `encode(into:)`; problems are kept in ``failure``.
  @inlinable
  public mutating func put<Value: RaySerializable>(nested value: borrowing Value) {
    // Scalars contain nothing, so they need no guard of the stack.
    if Value.elementKind != nil { return value.encode(into: &self) }
    depth &+= 1
    if depth <= ByteReader.depthLimit {
      value.encode(into: &self)
    } else {
      failTooDeep()
    }
    depth &-= 1
  }

  /// Writes a value as a part of another one through its `Codable` conformance; problems are kept in ``failure``.
  @_disfavoredOverload
  @inlinable
  public mutating func put(nested value: some Encodable) {
    put(codable: value)
  }

  /// Takes the first failure out, so that the writer can be used on.
  @usableFromInline
  mutating func takeFailure() -> MessagePackError {
    defer { failure = nil }
    return failure ?? MessagePackError(code: .invalidValue, message: "no failure")
  }

  @usableFromInline
  mutating func failTooDeep() {
    putNil()
    fail(MessagePackError(code: .tooDeep, message: "containers are nested more than \(ByteReader.depthLimit) deep"))
  }
}
