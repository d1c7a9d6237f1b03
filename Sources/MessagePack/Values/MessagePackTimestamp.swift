/// A moment as other languages send it: the timestamp extension of the MessagePack specification.
public struct MessagePackTimestamp: Sendable, Hashable {
  /// Whole seconds since the start of 1970 in UTC, rounded down.
  public var seconds: Int64
  /// The rest, below 1,000,000,000.
  public var nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32 = 0) {
    precondition(nanoseconds < 1_000_000_000, "\(nanoseconds) nanoseconds are a second or more")
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

extension MessagePackTimestamp: RayValue {
  /// Four bytes hold whole seconds up to 2106, eight add nanoseconds up to 2514, twelve hold the rest.
  public func encode(into writer: inout ByteWriter) {
    if seconds >= 0, seconds <= UInt32.max, nanoseconds == 0 {
      writer.putExtensionHeader(code: ExtensionCode.timestamp, byteCount: 4)
      writer.append(littleEndian: UInt32(seconds).byteSwapped)
    } else if seconds >= 0, seconds < 1 << 34 {
      writer.putExtensionHeader(code: ExtensionCode.timestamp, byteCount: 8)
      writer.append(littleEndian: (UInt64(nanoseconds) << 34 | UInt64(seconds)).byteSwapped)
    } else {
      writer.putExtensionHeader(code: ExtensionCode.timestamp, byteCount: 12)
      writer.append(littleEndian: nanoseconds.byteSwapped)
      writer.append(littleEndian: seconds.byteSwapped)
    }
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> MessagePackTimestamp {
    let bytes = try reader.getExtension(code: ExtensionCode.timestamp)
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: Value.Type) -> Value {
      Value(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
    let parts: (seconds: Int64, nanoseconds: UInt32)
    switch bytes.byteCount {
    case 4: parts = (Int64(load(0, UInt32.self)), 0)
    case 8: parts = (Int64(load(0, UInt64.self) & (1 << 34 - 1)), UInt32(load(0, UInt64.self) >> 34))
    case 12: parts = (load(4, Int64.self), load(0, UInt32.self))
    default: throw .invalidValue("expected a timestamp, found one of \(bytes.byteCount) bytes")
    }
    guard parts.nanoseconds < 1_000_000_000 else {
      throw .invalidValue("expected a timestamp, found one with \(parts.nanoseconds) nanoseconds")
    }
    return MessagePackTimestamp(seconds: parts.seconds, nanoseconds: parts.nanoseconds)
  }
}
