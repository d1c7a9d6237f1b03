/// The first 16 bytes of every message: `length u32 | kind u8 | flags u8 | function u16 | id u64`, little endian.
///
/// `length` counts the bytes after the header. What `function` and `id` mean depends on the kind.
package struct FrameHeader: Hashable, Sendable {
  package static let byteCount = 16

  package var bodyByteCount: UInt32
  package var kind: UInt8
  package var flags: UInt8
  package var function: UInt16
  package var id: UInt64

  @inlinable
  package init(
    bodyByteCount: UInt32, kind: UInt8, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0
  ) {
    self.bodyByteCount = bodyByteCount
    self.kind = kind
    self.flags = flags
    self.function = function
    self.id = id
  }

  /// Reads a header; the caller has checked that 16 bytes are there.
  @inlinable
  package init(reading bytes: UnsafeRawPointer) {
    bodyByteCount = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
    kind = bytes.load(fromByteOffset: 4, as: UInt8.self)
    flags = bytes.load(fromByteOffset: 5, as: UInt8.self)
    function = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    id = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  @inlinable
  package func write(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: bodyByteCount.littleEndian, as: UInt32.self)
    bytes.storeBytes(of: kind, toByteOffset: 4, as: UInt8.self)
    bytes.storeBytes(of: flags, toByteOffset: 5, as: UInt8.self)
    bytes.storeBytes(of: function.littleEndian, toByteOffset: 6, as: UInt16.self)
    bytes.storeBytes(of: id.littleEndian, toByteOffset: 8, as: UInt64.self)
  }
}
