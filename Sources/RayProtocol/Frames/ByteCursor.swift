/// Reads little-endian integers from bytes that may be hostile; every read is checked.
package struct ByteCursor {
  @usableFromInline package private(set) var remaining: UnsafeRawBufferPointer

  @inlinable package init(_ bytes: UnsafeRawBufferPointer) { remaining = bytes }

  /// The bytes do not hold what their frame promised.
  package struct Truncated: Error {
    @inlinable package init() {}
  }

  @inlinable package mutating func integer<T: FixedWidthInteger>(_: T.Type) throws(Truncated) -> T {
    guard remaining.count >= MemoryLayout<T>.size else { throw Truncated() }
    let value = T(littleEndian: remaining.loadUnaligned(as: T.self))
    remaining = UnsafeRawBufferPointer(rebasing: remaining[MemoryLayout<T>.size...])
    return value
  }

  @inlinable package mutating func bytes(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
    guard count >= 0, remaining.count >= count else { throw Truncated() }
    let taken = UnsafeRawBufferPointer(rebasing: remaining[..<count])
    remaining = UnsafeRawBufferPointer(rebasing: remaining[count...])
    return taken
  }
}

/// Writes little-endian integers and bytes one after another into memory that is large enough.
package struct ByteFiller {
  @usableFromInline package private(set) var position: UnsafeMutableRawPointer

  @inlinable package init(_ start: UnsafeMutableRawPointer) { position = start }

  @inlinable package mutating func put<T: FixedWidthInteger>(_ value: T) {
    position.storeBytes(of: value.littleEndian, as: T.self)
    position += MemoryLayout<T>.size
  }

  @inlinable package mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    position.copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }
}
