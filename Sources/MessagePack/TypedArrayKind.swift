/// What the elements of a typed array are: scalars in little-endian memory order.
///
/// A typed array is an extension object with code `T` (0x54), so that a million numbers cost one copy of memory:
///
/// ```
/// | kind u8 | pad count u8 | pad zeros | elements |
/// ```
///
/// The padding lets the elements start at a multiple of 64 bytes, counted from the start of the value. Elements beyond the
/// four gigabytes an extension can hold follow *behind* the object, which then says how many bytes those are; other readers
/// of MessagePack cannot step over this form, which only values of that size use:
///
/// ```
/// | kind u8 with the high bit set | pad count u8 | byte count u64, little endian | pad zeros |, then | elements |
/// ```
public enum TypedArrayKind: UInt8, Sendable, CaseIterable {
  case int8 = 1
  case int16 = 2
  case int32 = 3
  case int64 = 4
  case uint8 = 5
  case uint16 = 6
  case uint32 = 7
  case uint64 = 8
  case float32 = 9
  case float64 = 10
  /// One byte each, 0 or 1.
  case bool = 11
  /// The memory of values whose layout only the two ends know: ``RawArray``.
  case opaque = 12
  /// The bytes of a string of more than four gigabytes.
  case utf8 = 13

  /// The size of one element in bytes.
  @inlinable public var width: Int {
    switch self {
    case .int8, .uint8, .bool, .opaque, .utf8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// Whether the memory of an array of `Element` is what this kind says.
  ///
  /// Anybody may conform to ``RaySerializable`` and name a kind, so memory is copied only between types known from here.
  @inlinable
  @inline(__always)
  func isMemory<Element>(of type: Element.Type) -> Bool {
    switch self {
    case .int8: type == Int8.self
    case .int16: type == Int16.self
    case .int32: type == Int32.self
    case .int64: type == Int64.self || (type == Int.self && MemoryLayout<Int>.size == 8)
    case .uint8: type == UInt8.self
    case .uint16: type == UInt16.self
    case .uint32: type == UInt32.self
    case .uint64: type == UInt64.self || (type == UInt.self && MemoryLayout<UInt>.size == 8)
    case .float32: type == Float.self
    case .float64: type == Double.self
    case .bool: type == Bool.self
    case .opaque, .utf8: false
    }
  }
}
