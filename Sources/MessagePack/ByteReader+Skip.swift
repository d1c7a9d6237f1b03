extension ByteReader {
  /// Steps over the next object with everything in it.
  ///
  /// A loop, not a recursion: bytes of any nesting are skipped in constant stack.
  @_lifetime(self: copy self)
  public mutating func skip() throws(MessagePackError) {
    let start = _position
    var pending = 1
    do throws(MessagePackError) {
      while pending > 0 {
        pending += try skipOne() - 1
        // Each object takes a byte at least, so this also keeps `pending` from overflowing.
        guard pending <= remaining else { throw claimsTooMuch(UInt64(pending), "objects") }
      }
    } catch {
      _position = start
      throw error
    }
  }

  /// Steps over one scalar, string or header and says how many objects belong to it.
  @_lifetime(self: copy self)
  private mutating func skipOne() throws(MessagePackError) -> Int {
    let format = try peekFormat("an object")
    switch format {
    case 0..<0x80, 0xe0...0xff, Format.null, Format.no, Format.yes: _position += 1
    case Format.uint8...Format.int64, Format.float32, Format.float64:
      let size = numberSize
      guard size <= remaining else { throw truncated("an object") }
      _position += size
    case 0xc1: throw mismatch("an object")
    default: return try skipHeader()
    }
    return 0
  }

  @_lifetime(self: copy self)
  private mutating func skipHeader() throws(MessagePackError) -> Int {
    let header = try peekHeader("an object")
    switch header.family {
    case .array:
      return try takeHeader(.array, "an array").length
    case .map:
      return try takeHeader(.map, "a map").length * 2
    case .extension where header.code == ExtensionCode.typedArray:
      // Only a typed array can say that more follows behind the object; others may use the code for something else.
      if let array = try recognizeTypedArray(at: header) {
        _position = array.end
      } else {
        try skipBytes(.extension)
      }
    case .string, .binary, .extension: try skipBytes(header.family)
    }
    return 0
  }

  @_lifetime(self: copy self)
  private mutating func skipBytes(_ family: ObjectHeader.Family) throws(MessagePackError) {
    let header = try takeHeader(family, "bytes")
    _position += header.length
  }

  /// Steps over the next object and returns its bytes in place.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func getObjectBytes() throws(MessagePackError) -> RawSpan {
    let start = _position
    try skip()
    return source.extracting(unchecked: start..<_position)
  }
}
