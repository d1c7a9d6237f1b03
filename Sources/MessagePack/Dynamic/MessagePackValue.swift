/// A value whose type is known at run time only, such as what Python code returned.
///
/// Integers are `.int` where `Int64` holds them and `.uint` above, so that equal numbers are equal values after reading.
/// Maps keep the order of their entries, and equality depends on it. Typed arrays are read as arrays of numbers.
public enum MessagePackValue: Sendable, Hashable {
  case `nil`
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case float(Float)
  case double(Double)
  case string(String)
  case binary([UInt8])
  case array([MessagePackValue])
  case map([Entry])
  case `extension`(code: Int8, data: [UInt8])

  /// A key and its value.
  public struct Entry: Sendable, Hashable {
    public var key: MessagePackValue
    public var value: MessagePackValue

    public init(_ key: MessagePackValue, _ value: MessagePackValue) {
      self.key = key
      self.value = value
    }
  }
}

extension MessagePackValue {
  /// The value behind the first entry with `key`, nil for other keys and for anything but a map.
  public subscript(key: MessagePackValue) -> MessagePackValue? {
    guard case .map(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The element at `index`, nil beyond the end and for anything but an array.
  public subscript(at index: Int) -> MessagePackValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// Reads the value as another type, as if it had arrived as one.
  public func decode<Value: RaySerializable>(as type: Value.Type) throws(MessagePackError) -> Value {
    var writer = ByteWriter()
    try writer.put(value: self)
    let bytes = writer.span
    var reader = ByteReader(bytes)
    return try reader.get(type)
  }

  /// Reads the value as another type through its `Codable` conformance, as if it had arrived as one.
  @_disfavoredOverload
  public func decode<Value: Decodable>(as type: Value.Type) throws(MessagePackError) -> Value {
    var writer = ByteWriter()
    try writer.put(value: self)
    let bytes = writer.span
    var reader = ByteReader(bytes)
    return try reader.get(codable: type)
  }
}
