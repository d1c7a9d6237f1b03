/// Nil, or the wrapped value. Two optionals in each other have one nil between them, as in JSON.
extension Optional: RaySerializable where Wrapped: RaySerializable {
  @inlinable
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case nil: writer.putNil()
    case let value?: value.encode(into: &writer)
    }
  }

  @inlinable
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Wrapped? {
    if reader.takeNil() { return nil }
    return try Wrapped.decode(from: &reader)
  }

  @inlinable public var encodedByteCountHint: Int { self?.encodedByteCountHint ?? 1 }
}

extension Optional: RayValue where Wrapped: RayValue {}
