public import MessagePack

/// What the codecs that `@RayCodable` writes share; called by generated code.
public enum RayCoding {
  /// The place of a field that was not read yet.
  @inlinable
  public static func missing<Value>(_ type: Value.Type) -> Value? { nil }

  /// The type of a field that has a default value and no annotation. The value is not computed.
  @inlinable
  public static func type<Value>(_ defaultValue: () -> Value) -> Value.Type { Value.self }

  public static func missingField(_ name: String, of type: String) -> MessagePackError {
    .invalidValue("expected \(type), found no field '\(name)'")
  }

  @inlinable
  public static func byteCountHint(_ value: some RaySerializable) -> Int { value.encodedByteCountHint }

  /// `Codable` values do not know their size.
  @_disfavoredOverload
  @inlinable
  public static func byteCountHint<Value>(_ value: borrowing Value) -> Int { 0 }

  // MARK: Enums

  @inlinable
  public static func expect(_ expected: Int, found count: Int, for name: StaticString) throws(MessagePackError) {
    if count != expected + 1 { throw wrongCount(expected, count, "\(name)") }
  }

  @usableFromInline
  static func wrongCount(_ expected: Int, _ count: Int, _ name: String) -> MessagePackError {
    .invalidValue("expected \(name) with \(expected) associated value\(expected == 1 ? "" : "s"), found \(count - 1)")
  }

  public static func unknownRawValue(_ value: some Any, of type: String) -> MessagePackError {
    .invalidValue("expected \(type), found the unknown raw value \(value)")
  }

  /// Reads the name of the case to say which one it was.
  public static func unknownCase(of type: String, _ reader: inout ByteReader) -> MessagePackError {
    do {
      return .invalidValue("expected \(type), found the unknown case '\(try reader.getString())'")
    } catch {
      return .invalidValue("expected \(type), found no name of a case: \(error.message)")
    }
  }
}

extension ByteReader {
  /// Reads the head of a tuple.
  @_lifetime(self: copy self)
  public mutating func __elements(_ expected: Int) throws(MessagePackError) {
    let count = try getArrayHeader()
    if count != expected { throw .invalidValue("expected a tuple of \(expected) elements, found \(count)") }
  }
}
