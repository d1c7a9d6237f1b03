/// Enums over a serializable raw type need no code of their own.
extension RaySerializable where Self: RawRepresentable, RawValue: RaySerializable {
  @inlinable
  public func encode(into writer: inout ByteWriter) {
    rawValue.encode(into: &writer)
  }

  @inlinable
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    let rawValue = try RawValue.decode(from: &reader)
    guard let value = Self(rawValue: rawValue) else {
      throw .invalidValue("expected \(Self.self), found a raw value that is none of its cases")
    }
    return value
  }
}
