final class EncodingState {}

extension ByteWriter {
  /// Writes a value through its `Codable` conformance; problems are kept in ``failure``.
  public mutating func put(codable value: some Encodable) {
    putNil()
    fail(.invalidValue("Codable values are not supported yet"))
  }
}

extension ByteReader {
  /// Reads a value through its `Codable` conformance.
  @_lifetime(self: copy self)
  public mutating func get<Value: Decodable>(codable type: Value.Type) throws(MessagePackError) -> Value {
    throw .invalidValue("Codable values are not supported yet")
  }
}
