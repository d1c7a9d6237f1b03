extension MessagePackValue: RayValue {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .nil: writer.putNil()
    case .bool(let value): writer.put(value)
    case .int(let value): writer.put(value)
    case .uint(let value): writer.put(value)
    case .float(let value): writer.put(value)
    case .double(let value): writer.put(value)
    case .string(let value): writer.put(value)
    case .binary(let bytes): bytes.withUnsafeBytes { writer.put(binary: $0) }
    case .array(let elements):
      writer.putArrayHeader(elements.count)
      for element in elements { writer.put(nested: element) }
    case .map(let entries):
      writer.putMapHeader(entries.count)
      for entry in entries {
        writer.put(nested: entry.key)
        writer.put(nested: entry.value)
      }
    case .extension(let code, let data): data.withUnsafeBytes { writer.putExtension(code: code, $0) }
    }
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> MessagePackValue {
    switch try reader.peekFormat("a value") {
    case Format.null:
      try reader.getNil()
      return .nil
    case Format.no, Format.yes: return .bool(try reader.getBool())
    case Format.float32: return .float(try reader.getFloat())
    case Format.float64: return .double(try reader.getDouble())
    case 0..<0x80, 0xe0...0xff, Format.uint8...Format.int64: return try decodeInteger(from: &reader)
    default: return try decodeSized(from: &reader)
    }
  }

  private static func decodeInteger(from reader: inout ByteReader) throws(MessagePackError) -> MessagePackValue {
    let number = try reader.peekWideInteger("an integer")
    reader.position += reader.integerSize
    return number.exactly(Int64.self).map { .int($0) } ?? .uint(number.bits)
  }

  private static func decodeSized(from reader: inout ByteReader) throws(MessagePackError) -> MessagePackValue {
    let header = try reader.peekHeader("a value")
    switch header.family {
    case .string: return .string(try reader.getString())
    case .binary: return .binary(try reader.getBinary().copied())
    case .array: return .array(try [MessagePackValue].decode(from: &reader))
    case .map: return try decodeMap(from: &reader)
    case .extension: return try decodeExtension(header, from: &reader)
    }
  }

  private static func decodeMap(from reader: inout ByteReader) throws(MessagePackError) -> MessagePackValue {
    let count = try reader.getMapHeader()
    var entries: [Entry] = []
    entries.reserveCapacity(reader.affordableCount(count, stride: MemoryLayout<Entry>.stride))
    for _ in 0..<count {
      let key = try reader.get(MessagePackValue.self)
      entries.append(Entry(key, try reader.get(MessagePackValue.self)))
    }
    return .map(entries)
  }

  private static func decodeExtension(
    _ header: ObjectHeader, from reader: inout ByteReader
  ) throws(MessagePackError) -> MessagePackValue {
    if header.code == ExtensionCode.typedArray, let array = try reader.recognizeTypedArray(at: header) {
      switch array.kind {
      case .uint8: return .binary(try reader.getBinary().copied())
      case .utf8: return .string(try reader.getString())
      case .opaque: break
      default: return .array(try [MessagePackValue].decode(from: &reader))
      }
    }
    return .extension(code: header.code, data: try reader.getExtension(code: header.code).copied())
  }
}

extension RawSpan {
  /// The bytes as an array.
  fileprivate func copied() -> [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
