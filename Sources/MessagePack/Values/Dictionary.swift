/// A MessagePack map. Of entries with equal keys the last one counts.
extension Dictionary: RaySerializable where Key: RaySerializable, Value: RaySerializable {
  @inlinable
  public func encode(into writer: inout ByteWriter) {
    writer.putMapHeader(count)
    for (key, value) in self {
      writer.put(nested: key)
      writer.put(nested: value)
    }
  }

  @inlinable
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> [Key: Value] {
    let count = try reader.getMapHeader()
    let stride = MemoryLayout<(Key, Value)>.stride
    var entries = [Key: Value](minimumCapacity: reader.affordableCount(count, stride: stride))
    for _ in 0..<count {
      let key = try reader.get(Key.self)
      entries[key] = try reader.get(Value.self)
    }
    return entries
  }

  @inlinable public var encodedByteCountHint: Int { count &* 4 &+ 5 }
}

extension Dictionary: RayValue where Key: RayValue, Value: RayValue {}
