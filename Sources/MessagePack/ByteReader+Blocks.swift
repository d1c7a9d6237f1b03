extension ByteReader {
  /// Where the elements of the next object lie, when they are a block of `Element` at an aligned address; nil where reading
  /// them needs a copy. The reader stays where it is.
  package func extentInPlace<Element: RaySerializable & BitwiseCopyable>(
    ofArray type: Element.Type
  ) throws(MessagePackError) -> Range<Int>? {
    guard let array = try nextBlock(), array.kind.isMemory(of: Element.self), try isValid(array) else { return nil }
    return aligned(array, to: MemoryLayout<Element>.alignment)
  }

  /// The same for the elements of a ``RawArray``.
  package func extentInPlace<Element>(ofRawArray type: RawArray<Element>.Type) throws(MessagePackError) -> Range<Int>? {
    guard let array = try nextBlock(), array.kind == RawArray<Element>.kind || array.kind == .uint8,
      array.byteCount % MemoryLayout<Element>.stride == 0
    else { return nil }
    return aligned(array, to: MemoryLayout<Element>.alignment)
  }

  private func nextBlock() throws(MessagePackError) -> TypedArrayExtent? {
    guard isNextTypedArray || isNextBinary else { return nil }
    var reader = ByteReader(source)
    reader.position = position
    return try reader.takeBlock()
  }

  private func aligned(_ array: TypedArrayExtent, to alignment: Int) -> Range<Int>? {
    let address = source.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) + UInt(array.offset) }
    return address % UInt(alignment) == 0 ? array.offset..<array.offset + array.byteCount : nil
  }
}
