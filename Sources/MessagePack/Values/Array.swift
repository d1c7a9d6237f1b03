/// A MessagePack array; `[UInt8]` is binary data, and long arrays of numbers are one block of memory (``TypedArrayKind``).
extension Array: RaySerializable where Element: RaySerializable {
  @inlinable
  public func encode(into writer: inout ByteWriter) {
    if let kind = Element.elementKind, kind.isMemory(of: Element.self) {
      if kind == .uint8 { return withUnsafeBytes { writer.put(binary: $0) } }
      if count >= ByteWriter.typedArrayCountMin, writer.allowsTypedArrays {
        return withUnsafeBytes { writer.putTypedArray(kind, $0) }
      }
    }
    writer.putArrayHeader(count)
    for element in self { writer.put(nested: element) }
  }

  @inlinable
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> [Element] {
    if reader.isAtArray { return try decodeElements(count: try reader.getArrayHeader(), from: &reader) }
    if Element.self == UInt8.self, reader.isNextBinary {
      // The common case of blocks, without generic code where the caller's is specialised.
      return unsafeBitCast(try reader.getByteArray(), to: [Element].self)
    }
    return try decodeBlock(from: &reader)
  }

  @inlinable public var encodedByteCountHint: Int {
    Element.elementKind == nil ? count &* 2 &+ 5 : count &* MemoryLayout<Element>.stride &+ 72
  }

  @inlinable
  static func decodeElements(count: Int, from reader: inout ByteReader) throws(MessagePackError) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(reader.affordableCount(count, stride: MemoryLayout<Element>.stride))
    for _ in 0..<count { elements.append(try reader.get(Element.self)) }
    return elements
  }

  /// Binary data and typed arrays: one copy if the memory is the same, else element by element.
  @usableFromInline
  static func decodeBlock(from reader: inout ByteReader) throws(MessagePackError) -> [Element] {
    let start = reader.position
    let isBytes = Element.elementKind == .uint8
    guard reader.isNextTypedArray || (isBytes && reader.isNextBinary) else { throw reader.mismatch("\(Self.self)") }
    let array = try reader.takeBlock()
    if array.kind.isMemory(of: Element.self), try reader.isValid(array) { return copy(array, from: reader) }
    guard array.kind.holdsNumbers else {
      reader.position = start
      throw reader.mismatch("\(Self.self)")
    }
    return try decodeConverting(array, from: reader)
  }

  private static func copy(_ array: TypedArrayExtent, from reader: borrowing ByteReader) -> [Element] {
    reader.source.withUnsafeBytes { bytes in
      [Element](unsafeUninitializedCapacity: array.byteCount / array.kind.width) { elements, count in
        let place = UnsafeMutableRawBufferPointer(elements)
        place.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[array.offset..<array.offset + array.byteCount]))
        count = array.byteCount / array.kind.width
      }
    }
  }

  /// Another width or another kind of number: each element is checked like a plain one.
  private static func decodeConverting(
    _ array: TypedArrayExtent, from reader: borrowing ByteReader
  ) throws(MessagePackError) -> [Element] {
    var elements: [Element] = []
    var scratch = ByteWriter(capacity: 9)
    for index in 0..<array.byteCount / array.kind.width {
      scratch.removeAll()
      reader.putElement(index, of: array, into: &scratch)
      let bytes = scratch.span
      var element = ByteReader(bytes)
      elements.append(try element.get(Element.self))
    }
    return elements
  }
}

extension Array: RayValue where Element: RayValue {}

extension TypedArrayKind {
  /// Whether the elements mean something one by one.
  var holdsNumbers: Bool { self != .opaque && self != .utf8 }
}

extension ByteReader {
  /// Whether the next object is a plain array, as opposed to a typed one.
  @inlinable public var isAtArray: Bool {
    guard _position < source.byteCount else { return false }
    let format = byte(at: _position)
    return format & 0xf0 == Format.fixarray || format == Format.array16 || format == Format.array32
  }

  /// Whether the next object is binary data.
  @inlinable
  public var isNextBinary: Bool {
    remaining > 0 && (Format.bin8...Format.bin32).contains(byte(at: _position))
  }

  /// Reads binary data into an array of its own.
  @usableFromInline
  @_lifetime(self: copy self)
  mutating func getByteArray() throws(MessagePackError) -> [UInt8] {
    let header = try takeHeader(.binary, "binary data")
    let bytes = take(header.length)
    return bytes.withUnsafeBytes { [UInt8]($0) }
  }

  /// Steps over a typed array or binary data and says where the elements are.
  @_lifetime(self: copy self)
  mutating func takeBlock() throws(MessagePackError) -> TypedArrayExtent {
    if isNextTypedArray { return try takeTypedArray() }
    let header = try takeHeader(.binary, "binary data")
    let start = _position
    _position += header.length
    return TypedArrayExtent(kind: .uint8, offset: start, byteCount: header.length, end: _position)
  }

  /// Whether every element is a value of its type; only `Bool` has bit patterns that are none.
  func isValid(_ array: TypedArrayExtent) throws(MessagePackError) -> Bool {
    guard array.kind == .bool else { return true }
    for offset in array.offset..<array.offset + array.byteCount where byte(at: offset) > 1 {
      throw .invalidValue("expected Bool, found the byte \(byte(at: offset)) in a typed array")
    }
    return true
  }
}
