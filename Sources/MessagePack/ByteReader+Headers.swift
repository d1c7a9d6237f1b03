/// What stands in front of a string, binary data, a container or an extension.
@usableFromInline
struct ObjectHeader {
  /// Which of the families below the object belongs to.
  @usableFromInline
  enum Family: Equatable {
    case string, binary, array, map, `extension`

    var unit: String {
      switch self {
      case .string, .binary, .extension: "bytes"
      case .array: "elements"
      case .map: "entries"
      }
    }
  }

  @usableFromInline var family: Family
  /// The bytes of the header itself.
  @usableFromInline var size: Int
  /// Bytes, elements or entries that follow; not yet compared with what is there.
  @usableFromInline var length: Int
  /// The code of an extension.
  @usableFromInline var code: Int8

  @usableFromInline
  init(_ family: Family, size: Int, length: Int, code: Int8 = 0) {
    self.family = family
    self.size = size
    self.length = length
    self.code = code
  }
}

extension ByteReader {
  /// The header of the next object; scalars have none and are refused.
  @usableFromInline
  func peekHeader(_ target: @autoclosure () -> String) throws(MessagePackError) -> ObjectHeader {
    let format = try peekFormat(target())
    switch format {
    case Format.fixmap..<Format.fixarray: return ObjectHeader(.map, size: 1, length: Int(format & 0x0f))
    case Format.fixarray..<Format.fixstr: return ObjectHeader(.array, size: 1, length: Int(format & 0x0f))
    case Format.fixstr..<Format.null: return ObjectHeader(.string, size: 1, length: Int(format & 0x1f))
    case Format.bin8, Format.str8:
      return ObjectHeader(format == Format.str8 ? .string : .binary, size: 2, length: Int(try operand(UInt8.self, target())))
    case Format.bin16, Format.str16:
      return ObjectHeader(format == Format.str16 ? .string : .binary, size: 3, length: Int(try operand(UInt16.self, target())))
    case Format.bin32, Format.str32:
      return ObjectHeader(format == Format.str32 ? .string : .binary, size: 5, length: Int(try operand(UInt32.self, target())))
    case Format.array16: return ObjectHeader(.array, size: 3, length: Int(try operand(UInt16.self, target())))
    case Format.array32: return ObjectHeader(.array, size: 5, length: Int(try operand(UInt32.self, target())))
    case Format.map16: return ObjectHeader(.map, size: 3, length: Int(try operand(UInt16.self, target())))
    case Format.map32: return ObjectHeader(.map, size: 5, length: Int(try operand(UInt32.self, target())))
    case Format.fixext1...Format.fixext16:
      return try extensionHeader(size: 2, length: 1 << Int(format - Format.fixext1), target())
    case Format.ext8: return try extensionHeader(size: 3, length: Int(try operand(UInt8.self, target())), target())
    case Format.ext16: return try extensionHeader(size: 4, length: Int(try operand(UInt16.self, target())), target())
    case Format.ext32: return try extensionHeader(size: 6, length: Int(try operand(UInt32.self, target())), target())
    default: throw mismatch(target())
    }
  }

  private func extensionHeader(
    size: Int, length: Int, _ target: @autoclosure () -> String
  ) throws(MessagePackError) -> ObjectHeader {
    guard remaining >= size else { throw truncated(target()) }
    return ObjectHeader(.extension, size: size, length: length, code: Int8(bitPattern: byte(at: _position + size - 1)))
  }

  /// The header of the next object, which must be of `family` and whose bytes or elements can all be there.
  @usableFromInline
  @_lifetime(self: copy self)
  mutating func takeHeader(
    _ family: ObjectHeader.Family, _ target: @autoclosure () -> String
  ) throws(MessagePackError) -> ObjectHeader {
    let header = try peekHeader(target())
    guard header.family == family else { throw mismatch(target()) }
    let bytesPerUnit = family == .map ? 2 : 1
    guard header.length <= (remaining - header.size) / bytesPerUnit else {
      throw claimsTooMuch(UInt64(header.length), "\(family.unit) of \(target())")
    }
    _position += header.size
    return header
  }

  /// Starts reading an array and says how many objects follow, at most as many as there are bytes left.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getArrayHeader() throws(MessagePackError) -> Int {
    if _position < source.byteCount {
      let length = Int(byte(at: _position) ^ Format.fixarray)
      if length < 16, length < remaining {
        _position &+= 1
        return length
      }
    }
    return try takeHeader(.array, "an array").length
  }

  /// Starts reading a map and says how many pairs of objects follow.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getMapHeader() throws(MessagePackError) -> Int {
    if _position < source.byteCount {
      let length = Int(byte(at: _position) ^ Format.fixmap)
      if length < 16, length &* 2 < remaining {
        _position &+= 1
        return length
      }
    }
    return try takeHeader(.map, "a map").length
  }

  /// Starts reading an extension object and says how many bytes follow.
  @_lifetime(self: copy self)
  public mutating func getExtensionHeader() throws(MessagePackError) -> (code: Int8, byteCount: Int) {
    let header = try takeHeader(.extension, "an extension")
    return (header.code, header.length)
  }

  /// Reads an extension object of one code, and returns its bytes in place.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func getExtension(code: Int8) throws(MessagePackError) -> RawSpan {
    // The name of what was expected is made for errors only.
    guard try peekHeader("an extension").code == code else { throw mismatch("an extension of type \(code)") }
    let header = try takeHeader(.extension, "an extension")
    return take(header.length)
  }

  /// The next `byteCount` bytes, in place.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func getBytes(_ byteCount: Int) throws(MessagePackError) -> RawSpan {
    guard byteCount >= 0, byteCount <= remaining else { throw claimsTooMuch(UInt64(max(byteCount, 0)), "bytes") }
    return take(byteCount)
  }

  /// The next `byteCount` bytes, which are known to be there.
  @usableFromInline
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  mutating func take(_ byteCount: Int) -> RawSpan {
    let start = _position
    _position &+= byteCount
    return source.extracting(unchecked: start..<_position)
  }
}
