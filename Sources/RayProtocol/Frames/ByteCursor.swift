/// Reads little-endian integers from bytes that may be hostile; every read is checked.
///
/// One reader per width instead of a generic one: generic code that is not specialised in the calling module looks its type's
/// metadata up at every read, which costs more than the frame.
package struct ByteCursor {
  @usableFromInline package private(set) var remaining: UnsafeRawBufferPointer

  @inlinable package init(_ bytes: UnsafeRawBufferPointer) { remaining = bytes }

  /// The bytes do not hold what their frame promised.
  package struct Truncated: Error {
    @inlinable package init() {}
  }

  @inlinable @inline(__always)
  package mutating func integer(_: UInt8.Type) throws(Truncated) -> UInt8 { try take(1).load(as: UInt8.self) }
  @inlinable @inline(__always)
  package mutating func integer(_: UInt16.Type) throws(Truncated) -> UInt16 {
    UInt16(littleEndian: try take(2).loadUnaligned(as: UInt16.self))
  }
  @inlinable @inline(__always)
  package mutating func integer(_: UInt32.Type) throws(Truncated) -> UInt32 {
    UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
  }
  @inlinable @inline(__always)
  package mutating func integer(_: UInt64.Type) throws(Truncated) -> UInt64 {
    UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  /// For the node's messages, which are read inside this module and seldom.
  mutating func anyInteger<T: FixedWidthInteger>(_: T.Type) throws(Truncated) -> T {
    T(littleEndian: try take(MemoryLayout<T>.size).loadUnaligned(as: T.self))
  }

  @inlinable package mutating func bytes(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
    guard count >= 0, remaining.count >= count else { throw Truncated() }
    let start = remaining.baseAddress
    skip(count)
    return UnsafeRawBufferPointer(start: start, count: count)
  }

  @inlinable @inline(__always)
  package mutating func take(_ count: Int) throws(Truncated) -> UnsafeRawPointer {
    guard remaining.count >= count, let start = remaining.baseAddress else { throw Truncated() }
    skip(count)
    return start
  }

  @inlinable @inline(__always)
  package mutating func skip(_ count: Int) {
    remaining = UnsafeRawBufferPointer(start: remaining.baseAddress.map { $0 + count }, count: remaining.count &- count)
  }
}

/// Writes little-endian integers and bytes one after another into memory that is large enough.
package struct ByteFiller {
  @usableFromInline package private(set) var position: UnsafeMutableRawPointer

  @inlinable package init(_ start: UnsafeMutableRawPointer) { position = start }

  @inlinable @inline(__always) package mutating func put(_ value: UInt8) {
    position.storeBytes(of: value, as: UInt8.self)
    position += 1
  }
  @inlinable @inline(__always) package mutating func put(_ value: UInt16) {
    position.storeBytes(of: value.littleEndian, as: UInt16.self)
    position += 2
  }
  @inlinable @inline(__always) package mutating func put(_ value: UInt32) {
    position.storeBytes(of: value.littleEndian, as: UInt32.self)
    position += 4
  }
  @inlinable @inline(__always) package mutating func put(_ value: UInt64) {
    position.storeBytes(of: value.littleEndian, as: UInt64.self)
    position += 8
  }

  @inlinable package mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    position.copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }
}
