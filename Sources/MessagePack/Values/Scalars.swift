extension Bool: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Bool {
    try reader.getBool()
  }
  @inlinable public static var elementKind: TypedArrayKind? { .bool }
}

extension Float: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Float {
    try reader.getFloat()
  }
  @inlinable public static var elementKind: TypedArrayKind? { .float32 }
}

extension Double: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Double {
    try reader.getDouble()
  }
  @inlinable public static var elementKind: TypedArrayKind? { .float64 }
}

extension String: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> String {
    try reader.getString()
  }
  @inlinable public var encodedByteCountHint: Int { utf8.count &+ 5 }
}

extension Character: RayValue {
  public func encode(into writer: inout ByteWriter) { writer.put(String(self)) }
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Character {
    let text = try reader.getString()
    guard text.count == 1, let character = text.first else {
      throw .invalidValue("expected Character, found a string of \(text.count) characters")
    }
    return character
  }
}
