/// The 16 bytes before each body: `length u32 | kind u8 | flags u8 | function u16 | id u64`, little endian.
///
/// `length` counts the body alone. The transport gives no meaning to the other fields.
package struct FrameHeader: Sendable, Hashable {
  package static let byteCount = 16

  package var kind: UInt8
  package var flags: UInt8
  package var function: UInt16
  package var id: UInt64

  @inlinable package init(kind: UInt8, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0) {
    self.kind = kind
    self.flags = flags
    self.function = function
    self.id = id
  }

  /// Reads the fields at `pointer`, which need not be aligned.
  @inlinable init(at pointer: UnsafeRawPointer) {
    let word = UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    kind = UInt8(truncatingIfNeeded: word)
    flags = UInt8(truncatingIfNeeded: word >> 8)
    function = UInt16(truncatingIfNeeded: word >> 16)
    id = UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// Writes the header of a body of `bodyByteCount` bytes at `pointer`, which need not be aligned.
  @inlinable func store(at pointer: UnsafeMutableRawPointer, bodyByteCount: UInt32) {
    pointer.storeBytes(of: bodyByteCount.littleEndian, as: UInt32.self)
    let word = UInt32(kind) | UInt32(flags) << 8 | UInt32(function) << 16
    pointer.storeBytes(of: word.littleEndian, toByteOffset: 4, as: UInt32.self)
    pointer.storeBytes(of: id.littleEndian, toByteOffset: 8, as: UInt64.self)
  }
}

/// One received frame. The body lies in the connection's buffer: it is valid during the delegate's callback only.
package struct Frame {
  package let header: FrameHeader
  package let body: UnsafeRawBufferPointer

  @inlinable package init(header: FrameHeader, body: UnsafeRawBufferPointer) {
    self.header = header
    self.body = body
  }

  @inlinable package var kind: UInt8 { header.kind }
  @inlinable package var flags: UInt8 { header.flags }
  @inlinable package var function: UInt16 { header.function }
  @inlinable package var id: UInt64 { header.id }
}

/// All complete frames of one read, in the order sent; valid during the delegate's callback only.
///
/// Lengths were checked when the batch was made, so iterating cannot leave the buffer.
package struct FrameBatch: Sequence {
  /// The frames as they came: headers and bodies back to back.
  package let bytes: UnsafeRawBufferPointer
  package let count: Int

  @inlinable init(bytes: UnsafeRawBufferPointer, count: Int) {
    self.bytes = bytes
    self.count = count
  }

  @inlinable package var underestimatedCount: Int { count }
  @inlinable package func makeIterator() -> Iterator { Iterator(bytes) }

  package struct Iterator: IteratorProtocol {
    @usableFromInline var position: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer

    @inlinable init(_ bytes: UnsafeRawBufferPointer) {
      // An empty batch may have no address; any pointer equal to the end will do.
      position = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!
      end = position + bytes.count
    }

    @inlinable package mutating func next() -> Frame? {
      guard position < end else { return nil }
      let length = Int(UInt32(littleEndian: position.loadUnaligned(as: UInt32.self)))
      let body = position + FrameHeader.byteCount
      let frame = Frame(header: FrameHeader(at: position), body: UnsafeRawBufferPointer(start: body, count: length))
      position = body + length
      return frame
    }
  }
}
