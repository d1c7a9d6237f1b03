/// The texts of failures, away from the paths that are taken when all is well.
extension ByteReader {
  @usableFromInline
  @inline(never)
  func truncated(_ target: String) -> MessagePackError {
    MessagePackError(code: .truncated, message: "expected \(target), found the end of the bytes")
  }

  @usableFromInline
  @inline(never)
  func mismatch(_ target: String) -> MessagePackError {
    guard _position < source.byteCount else { return truncated(target) }
    return MessagePackError(code: .typeMismatch, message: "expected \(target), found \(describeNext())")
  }

  @usableFromInline
  @inline(never)
  func overflows(_ target: String) -> MessagePackError {
    MessagePackError(code: .overflow, message: "expected \(target), found \(describeNext()): overflows")
  }

  @usableFromInline
  @inline(never)
  func tooDeep() -> MessagePackError {
    MessagePackError(code: .tooDeep, message: "containers are nested more than \(Self.depthLimit) deep")
  }

  @usableFromInline
  @inline(never)
  func claimsTooMuch(_ count: UInt64, _ what: String) -> MessagePackError {
    MessagePackError(code: .truncated, message: "expected \(count) \(what), found \(remaining) bytes")
  }

  @usableFromInline
  @inline(never)
  func notUTF8(_ byteCount: Int) -> MessagePackError {
    MessagePackError(code: .invalidUTF8, message: "expected String, found \(byteCount) bytes that are not UTF-8")
  }

  /// The next object in words: numbers by value, everything else by kind and size, for contents may be private.
  func describeNext() -> String {
    guard remaining > 0 else { return "the end of the bytes" }
    let format = byte(at: _position)
    switch format {
    case Format.null: return "nil"
    case Format.no: return "false"
    case Format.yes: return "true"
    case 0..<0x80, 0xe0...0xff, Format.uint8...Format.int64:
      return (try? peekWideInteger("an integer")).map { "\($0)" } ?? "a truncated integer"
    case Format.float32, Format.float64:
      return (try? peekDouble("a number")).map { "\($0)" } ?? "a truncated number"
    case Format.fixstr..<Format.null, Format.str8...Format.str32: return sized("a string of", "bytes")
    case Format.bin8...Format.bin32: return sized("binary data of", "bytes")
    case Format.fixarray..<Format.fixstr, Format.array16, Format.array32: return sized("an array of", "elements")
    case Format.fixmap..<Format.fixarray, Format.map16, Format.map32: return sized("a map of", "entries")
    case Format.ext8...Format.ext32, Format.fixext1...Format.fixext16: return describeExtension()
    default: return "the unused format byte 0xc1"
    }
  }

  private func sized(_ what: String, _ unit: String) -> String {
    guard let header = try? peekHeader("") else { return "\(what) a truncated length" }
    return "\(what) \(header.length) \(unit)"
  }

  private func describeExtension() -> String {
    guard let header = try? peekHeader("") else { return "a truncated extension" }
    if header.code == ExtensionCode.typedArray, let array = try? typedArray(at: header) {
      return "a typed array of \(array.byteCount / array.kind.width) \(array.kind)"
    }
    return "an extension of type \(header.code) with \(header.length) bytes"
  }
}
