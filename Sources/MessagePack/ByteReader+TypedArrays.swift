/// Where the elements of a typed array are.
@usableFromInline
struct TypedArrayExtent {
  @usableFromInline var kind: TypedArrayKind
  @usableFromInline var offset: Int
  @usableFromInline var byteCount: Int
  /// Where the next object starts.
  @usableFromInline var end: Int
}

/// The elements of a typed array, where they are; their address need not be aligned.
public struct TypedArrayView: ~Escapable {
  public let kind: TypedArrayKind
  public let bytes: RawSpan

  @_lifetime(copy bytes)
  init(kind: TypedArrayKind, bytes: RawSpan) {
    self.kind = kind
    self.bytes = bytes
  }

  /// The number of elements.
  public var count: Int { bytes.byteCount / kind.width }
}

extension ByteReader {
  /// Whether the next object is a typed array.
  @usableFromInline var isNextTypedArray: Bool {
    guard remaining >= 2 else { return false }
    let format = byte(at: _position)
    guard (Format.ext8...Format.ext32).contains(format) || (Format.fixext1...Format.fixext16).contains(format) else {
      return false
    }
    return (try? peekHeader(""))?.code == ExtensionCode.typedArray
  }

  /// Reads a typed array, or binary data as an array of bytes, without copying its elements.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func getTypedArray() throws(MessagePackError) -> TypedArrayView {
    if isNextTypedArray {
      let array = try takeTypedArray()
      return TypedArrayView(kind: array.kind, bytes: source.extracting(unchecked: array.offset..<array.offset + array.byteCount))
    }
    let header = try takeHeader(.binary, "a typed array")
    return TypedArrayView(kind: .uint8, bytes: take(header.length))
  }

  /// Steps over a typed array and says where its elements are.
  @usableFromInline
  @_lifetime(self: copy self)
  mutating func takeTypedArray() throws(MessagePackError) -> TypedArrayExtent {
    let array = try typedArray(at: peekHeader("a typed array"))
    _position = array.end
    return array
  }

  /// Understands the typed array whose header is the next object's.
  func typedArray(at header: ObjectHeader) throws(MessagePackError) -> TypedArrayExtent {
    let start = _position + header.size
    guard header.length <= source.byteCount - start else { throw claimsTooMuch(UInt64(header.length), "bytes") }
    guard header.length >= 2 else { throw malformed("a header of \(header.length) bytes") }
    let code = byte(at: start)
    guard let kind = TypedArrayKind(rawValue: code & 0x7f) else { throw malformed("the element type \(code & 0x7f)") }
    let padCount = Int(byte(at: start + 1))
    let end = start + header.length
    var extent = TypedArrayExtent(kind: kind, offset: start + 2 + padCount, byteCount: header.length - 2 - padCount, end: end)
    if code & 0x80 != 0 {
      guard header.length == 10 + padCount else { throw malformed("a header of \(header.length) bytes") }
      let byteCount = number(at: start + 2, as: UInt64.self).byteSwapped
      guard byteCount <= UInt64(source.byteCount - end) else { throw claimsTooMuch(byteCount, "bytes") }
      extent = TypedArrayExtent(kind: kind, offset: end, byteCount: Int(byteCount), end: end + Int(byteCount))
    }
    guard extent.byteCount >= 0, extent.byteCount % kind.width == 0 else {
      throw malformed("\(max(extent.byteCount, 0)) bytes of \(kind)")
    }
    return extent
  }

  /// The same, but nil for extensions that only share the code: somebody else may use it for something of his own.
  func recognizeTypedArray(at header: ObjectHeader) throws(MessagePackError) -> TypedArrayExtent? {
    do throws(MessagePackError) {
      return try typedArray(at: header)
    } catch {
      guard error.code == .invalidValue else { throw error }
      return nil
    }
  }

  private func malformed(_ what: String) -> MessagePackError {
    MessagePackError(code: .invalidValue, message: "expected a typed array, found one with \(what)")
  }

  /// Writes one element of a typed array as a plain object.
  func putElement(_ index: Int, of array: TypedArrayExtent, into writer: inout ByteWriter) {
    let offset = array.offset + index * array.kind.width
    func load<Value: BitwiseCopyable>(_ type: Value.Type) -> Value {
      source.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type)
    }
    switch array.kind {
    case .int8: writer.put(load(Int8.self))
    case .int16: writer.put(Int16(littleEndian: load(Int16.self)))
    case .int32: writer.put(Int32(littleEndian: load(Int32.self)))
    case .int64: writer.put(Int64(littleEndian: load(Int64.self)))
    case .uint8, .opaque, .utf8: writer.put(load(UInt8.self))
    case .uint16: writer.put(UInt16(littleEndian: load(UInt16.self)))
    case .uint32: writer.put(UInt32(littleEndian: load(UInt32.self)))
    case .uint64: writer.put(UInt64(littleEndian: load(UInt64.self)))
    case .float32: writer.put(Float(bitPattern: UInt32(littleEndian: load(UInt32.self))))
    case .float64: writer.put(Double(bitPattern: UInt64(littleEndian: load(UInt64.self))))
    case .bool: writer.put(load(UInt8.self) != 0)
    }
  }
}
