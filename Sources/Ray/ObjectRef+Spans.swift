internal import MessagePack
internal import RayProtocol

// Large blocks lie in shared memory, aligned, and are read there. Short arrays travel element by element, and blocks inside
// of messages may lie at any address: those are read into an array first, so that every array can be looked at this way.

extension ObjectRef {
  /// Reads an array of numbers in place: without a copy where it is large.
  ///
  /// ```swift
  /// let numbers = try Ray.put((0..<1_000_000).map(Double.init))
  /// let last = try await numbers.withSpan { $0[$0.count - 1] }
  /// ```
  public func withSpan<Element: RaySerializable & BitwiseCopyable, Result>(
    _ body: (Span<Element>) throws -> Result
  ) async throws -> Result where Value == [Element] {
    try await withBytes { bytes in
      guard let place = try place(in: bytes, { try $0.extentInPlace(ofArray: Element.self) }) else {
        let elements = try readyValue()
        return try body(elements.span)
      }
      return try body(Span(_bytes: bytes.extracting(place)))
    }
  }

  /// Reads an array of plain structs in place: without a copy where it is large.
  public func withSpan<Element: BitwiseCopyable & Sendable, Result>(
    _ body: (Span<Element>) throws -> Result
  ) async throws -> Result where Value == RawArray<Element> {
    try await withBytes { bytes in
      guard let place = try place(in: bytes, { try $0.extentInPlace(ofRawArray: Value.self) }) else {
        let elements = try readyValue().elements
        return try body(elements.span)
      }
      return try body(Span(_bytes: bytes.extracting(place)))
    }
  }

  /// Where the elements are; nil when they have to be read one by one.
  private func place(in bytes: RawSpan, _ find: (borrowing ByteReader) throws -> Range<Int>?) throws -> Range<Int>? {
    do {
      return try find(ByteReader(bytes))
    } catch let error as MessagePackError {
      throw RayError(.decodingFailed, "object \(id) is no \(Value.self): \(error.message)")
    }
  }
}

extension Ray {
  /// Stores the elements of a span, such as a part of an array or memory of another library, with one copy.
  public static func put<Element: BitwiseCopyable & Sendable>(copying elements: Span<Element>) throws -> ObjectRef<
    RawArray<Element>
  > {
    let handle = try elements.withUnsafeBytes { bytes in
      try Runtime.engine().put(byteCountHint: bytes.count + 72) { writer in RawArray<Element>.encode(bytes, into: &writer) }
    }
    return ObjectRef(__handle: handle, decoder: { reader in try reader.get(RawArray<Element>.self) })
  }
}
