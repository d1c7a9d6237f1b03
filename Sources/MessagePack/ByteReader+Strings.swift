extension ByteReader {
  /// Reads a string, or binary data that is UTF-8, as other languages write their keys.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getString() throws(MessagePackError) -> String {
    let start = _position
    let bytes = try takeString()
    let text = bytes.withUnsafeBytes { bytes in
      let utf8 = bytes.assumingMemoryBound(to: UInt8.self)
      // The repairing initializer is the faster one, and ASCII needs no repair.
      return bytes.isASCII ? String(decoding: utf8, as: UTF8.self) : String(validating: utf8, as: UTF8.self)
    }
    if let text { return text }
    _position = start
    throw notUTF8(bytes.byteCount)
  }

  /// Reads binary data in place.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func getBinary() throws(MessagePackError) -> RawSpan {
    if isNextTypedArray {
      let array = try takeTypedArray()
      if array.kind == .uint8 { return source.extracting(unchecked: array.offset..<array.offset &+ array.byteCount) }
    }
    let header = try takeHeader(.binary, "binary data")
    return take(header.length)
  }

  /// The bytes of the next object, which must be a string or binary data.
  @inlinable
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  mutating func takeString() throws(MessagePackError) -> RawSpan {
    if _position < source.byteCount {
      let length = Int(byte(at: _position) ^ Format.fixstr)
      if length < 32, length < remaining {
        _position &+= 1
        return take(length)
      }
    }
    return try takeLongString()
  }

  @usableFromInline
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  mutating func takeLongString() throws(MessagePackError) -> RawSpan {
    let header = try peekHeader("String")
    switch header.family {
    case .string, .binary:
      _ = try takeHeader(header.family, "String")
      return take(header.length)
    case .extension where header.code == ExtensionCode.typedArray:
      let start = _position
      let array = try takeTypedArray()
      guard array.kind == .utf8 else {
        _position = start
        throw mismatch("String")
      }
      return source.extracting(unchecked: array.offset..<array.offset &+ array.byteCount)
    default: throw mismatch("String")
    }
  }

  /// Steps over the next object if it is the string `key`: how the fields of a struct are told apart.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func take(key: StaticString) -> Bool {
    let count = key.utf8CodeUnitCount
    guard count < 32 else { return takeLong(key: key) }
    guard count < remaining, byte(at: _position) == Format.fixstr | UInt8(truncatingIfNeeded: count) else {
      return takeLong(key: key)
    }
    let bytes = key.utf8Start
    var offset = 0
    while offset &+ 8 <= count {
      let expected = UnsafeRawPointer(bytes + offset).loadUnaligned(as: UInt64.self)
      let found = source.unsafeLoadUnaligned(fromUncheckedByteOffset: _position &+ 1 &+ offset, as: UInt64.self)
      if found != expected { return false }
      offset &+= 8
    }
    while offset < count {
      if bytes[offset] != byte(at: _position &+ 1 &+ offset) { return false }
      offset &+= 1
    }
    _position &+= 1 &+ count
    return true
  }

  /// The same for long names and unusual encodings of short ones.
  @usableFromInline
  @_lifetime(self: copy self)
  mutating func takeLong(key: StaticString) -> Bool {
    // A short string in its shortest form with another length is the common case of "no".
    if _position < source.byteCount, byte(at: _position) & 0xe0 == Format.fixstr { return false }
    let start = _position
    if let bytes = try? takeString(), bytes.byteCount == key.utf8CodeUnitCount {
      let expected = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
      if bytes.withUnsafeBytes({ $0.elementsEqual(expected) }) { return true }
    }
    _position = start
    return false
  }
}

extension UnsafeRawBufferPointer {
  /// Whether no byte has its highest bit set.
  @inlinable var isASCII: Bool {
    var bits: UInt64 = 0
    var offset = 0
    while offset &+ 8 <= count {
      bits |= loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    while offset < count {
      bits |= UInt64(self[offset])
      offset &+= 1
    }
    return bits & 0x8080_8080_8080_8080 == 0
  }
}
