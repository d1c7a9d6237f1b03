/// Reads little-endian integers from bytes that may be hostile; every read is checked.
package struct ByteCursor {
  package private(set) var remaining: UnsafeRawBufferPointer

  package init(_ bytes: UnsafeRawBufferPointer) { remaining = bytes }

  /// The bytes do not hold what their frame promised.
  package struct Truncated: Error {
    package init() {}
  }

  package mutating func integer<T: FixedWidthInteger>(_: T.Type) throws(Truncated) -> T {
    guard remaining.count >= MemoryLayout<T>.size else { throw Truncated() }
    let value = T(littleEndian: remaining.loadUnaligned(as: T.self))
    remaining = UnsafeRawBufferPointer(rebasing: remaining[MemoryLayout<T>.size...])
    return value
  }

  package mutating func bytes(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
    guard count >= 0, remaining.count >= count else { throw Truncated() }
    let taken = UnsafeRawBufferPointer(rebasing: remaining[..<count])
    remaining = UnsafeRawBufferPointer(rebasing: remaining[count...])
    return taken
  }
}

/// Writes little-endian integers and bytes one after another into memory that is large enough.
package struct ByteFiller {
  package private(set) var position: UnsafeMutableRawPointer

  package init(_ start: UnsafeMutableRawPointer) { position = start }

  package mutating func put<T: FixedWidthInteger>(_ value: T) {
    position.storeBytes(of: value.littleEndian, as: T.self)
    position += MemoryLayout<T>.size
  }

  package mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    position.copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }
}
