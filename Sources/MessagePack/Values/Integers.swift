// The ten widths differ in nothing but their names.

extension Int: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Int {
    try reader.getInteger(Int.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .int64 }
}

extension Int8: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Int8 {
    try reader.getInteger(Int8.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .int8 }
}

extension Int16: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Int16 {
    try reader.getInteger(Int16.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .int16 }
}

extension Int32: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Int32 {
    try reader.getInteger(Int32.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .int32 }
}

extension Int64: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Int64 {
    try reader.getInteger(Int64.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .int64 }
}

extension UInt: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> UInt {
    try reader.getInteger(UInt.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .uint64 }
}

extension UInt8: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> UInt8 {
    try reader.getInteger(UInt8.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .uint8 }
}

extension UInt16: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> UInt16 {
    try reader.getInteger(UInt16.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .uint16 }
}

extension UInt32: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> UInt32 {
    try reader.getInteger(UInt32.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .uint32 }
}

extension UInt64: RayValue {
  @inlinable public func encode(into writer: inout ByteWriter) { writer.put(self) }
  @inlinable public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> UInt64 {
    try reader.getInteger(UInt64.self)
  }
  @inlinable public static var elementKind: TypedArrayKind? { .uint64 }
}
