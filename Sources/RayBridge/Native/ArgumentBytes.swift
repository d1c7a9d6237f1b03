internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// One argument of a Ray task as a native worker sees it: bytes without the word that says what kind of object they were.
package enum ArgumentBytes {
  /// The encoded value, or the error that stands in its place.
  ///
  /// Ray's C++ worker starts tasks whose arguments have failed. It then hands us the failure's bytes, as binary data that holds
  /// one message of a certain shape.
  package static func value(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    guard let first = bytes.first else { throw RayError(.objectLost, "the argument's value is gone") }
    if isPickled(bytes) {
      throw RayError(
        .decodingFailed,
        "the argument is a pickled Python object; pass plain data (numbers, text, bytes, lists, dictionaries) or use the Python lane"
      )
    }
    if extensions.contains(first), let error = settledFailure(bytes) { throw error }
    if binary.contains(first), let text = failureText(bytes) { throw failure(text) }
    return bytes
  }

  /// The same between native workers, where Ray leaves its header in front of a value and puts text in the place of one that has failed.
  package static func inner(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    if bytes.isEmpty || ObjectHeader.isInFront(of: bytes) {
      return try value(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(ObjectHeader.byteCount)))
    }
    throw failure(String(decoding: bytes, as: UTF8.self))
  }

  /// The frame of a call: as it is, or as binary data.
  package static func frame(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let first = bytes.first, binary.contains(first) else { return bytes }
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    guard let content = try? reader.getBinary() else { return bytes }
    return content.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }

  private static var binary: ClosedRange<UInt8> { 0xC4...0xC6 }
  private static var extensions: ClosedRange<UInt8> { 0xC7...0xC9 }

  /// Ray puts extension 101 where the pickled data follows.
  private static func isPickled(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 3 && bytes[0] == 0xD4 && bytes[1] == 101
  }

  /// Extension 'E': the error of a reference that the caller's side has looked at. One byte says what follows: what Swift made
  /// of its own error, or `[code, message, type]`.
  private static func settledFailure(_ bytes: UnsafeRawBufferPointer) -> (any Error)? {
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    guard let content = try? reader.getExtension(code: 0x45), reader.isAtEnd else { return nil }
    return content.withUnsafeBytes { content in
      guard let kind = content.first else { return nil }
      let rest = UnsafeRawBufferPointer(rebasing: content[1...])
      return kind == 0 ? TypedErrors.decode(rest) : described(rest)
    }
  }

  private static func described(_ bytes: UnsafeRawBufferPointer) -> RayError? {
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    guard let parts = try? reader.get([String].self), parts.count == 3 else { return nil }
    let code = RayError.Code.Value.allCases.first { String(describing: $0) == parts[0] } ?? .taskFailed
    var details = RayError.Details()
    if !parts[2].isEmpty { details.errorType = parts[2] }
    return RayError(.init(code), parts[1], details: details)
  }

  private static func failureText(_ bytes: UnsafeRawBufferPointer) -> String? {
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    guard let content = try? reader.getBinary(), reader.isAtEnd else { return nil }
    return content.withUnsafeBytes { FailureMessage.text(in: $0) }
  }

  private static func failure(_ text: String) -> any Error {
    if let payload = ErrorMarker.payload(in: text) { return payload.withUnsafeBytes { TypedErrors.decode($0) } }
    return RayError(.taskFailed, text)
  }
}

/// Ray's message about an exception: `language` (field 1), `serialized exception` (2), `formatted text` (3).
package enum FailureMessage {
  /// The text, when the bytes are such a message and nothing else.
  package static func text(in bytes: UnsafeRawBufferPointer) -> String? {
    var offset = 0
    var language: UInt64?
    var text: String?
    while offset < bytes.count {
      guard let tag = number(bytes, &offset) else { return nil }
      switch tag {
      case 0x08:
        guard language == nil, let value = number(bytes, &offset), value < 8 else { return nil }
        language = value
      case 0x12: guard field(bytes, &offset) != nil else { return nil }
      case 0x1A:
        guard text == nil, let field = field(bytes, &offset) else { return nil }
        text = String(validating: field, as: UTF8.self)
        if text == nil { return nil }
      default: return nil
      }
    }
    return language != nil || bytes.first == 0x12 ? text : nil
  }

  private static func field(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Slice<UnsafeRawBufferPointer>? {
    guard let count = number(bytes, &offset), count <= UInt64(bytes.count - offset) else { return nil }
    defer { offset += Int(count) }
    return bytes[offset..<(offset + Int(count))]
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard offset < bytes.count else { return nil }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
