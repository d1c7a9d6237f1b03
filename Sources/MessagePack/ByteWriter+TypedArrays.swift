extension ByteWriter {
  /// Arrays of fewer scalars are written as plain MessagePack: any reader knows those, and a block would not be faster.
  @inlinable package static var typedArrayCountMin: Int { 64 }

  /// Elements in place are aligned to this, which every vector unit and page-wise copy is content with.
  @inlinable package static var typedArrayAlignment: Int { 64 }

  /// Writes the elements of a typed array with one copy.
  public mutating func putTypedArray(_ kind: TypedArrayKind, _ elements: UnsafeRawBufferPointer) {
    precondition(elements.count % kind.width == 0, "\(elements.count) bytes are no whole number of \(kind)")
    // Beyond this the length of the extension, which includes up to 65 bytes of header, would not fit into 32 bits.
    if elements.count <= 0xffff_ff00 {
      putTypedArrayHeader(kind.rawValue, byteCount: elements.count, inside: true)
    } else {
      putTypedArrayHeader(kind.rawValue | 0x80, byteCount: elements.count, inside: false)
    }
    append(elements)
  }

  /// Everything in front of the elements; `inside` says whether they are part of the extension object.
  package mutating func putTypedArrayHeader(_ kind: UInt8, byteCount: Int, inside: Bool) {
    let fixedCount = inside ? 2 : 10
    let formatCount = 6  // ext32: format, length, code
    let unaligned = count - alignmentBase + formatCount + fixedCount
    let padCount = -unaligned & (Self.typedArrayAlignment - 1)
    reserveCapacity(formatCount + fixedCount + padCount + byteCount)
    store(Format.ext32, UInt32(fixedCount + padCount + (inside ? byteCount : 0)))
    store(UInt8(bitPattern: ExtensionCode.typedArray))
    store(kind)
    store(UInt8(padCount))
    if !inside { append(littleEndian: UInt64(byteCount)) }
    (base + end).initializeMemory(as: UInt8.self, repeating: 0, count: padCount)
    end += padCount
  }
}
