internal import MessagePack
package import RayProtocol

/// Lets errors that user code throws come back as themselves where their type is known and `Codable`.
package enum TypedErrors {
  static func payload(of error: any Error) -> RayError.TypedErrorPayload? {
    guard let encodable = error as? any Error & Encodable, let name = _mangledTypeName(type(of: error)) else { return nil }
    var writer = ByteWriter()
    guard (try? encode(encodable, into: &writer)) != nil, writer.failure == nil else { return nil }
    return RayError.TypedErrorPayload(mangledType: name, bytes: writer.bytes)
  }

  /// The error that an encoded failure stands for: the user's own where possible, else one that says which call had it.
  package static func decode(_ bytes: UnsafeRawBufferPointer, of handle: ObjectHandle) -> any Error {
    let failure = failure(bytes, of: handle)
    return original(of: failure) ?? failure
  }

  /// The error that an encoded failure without a call of this process stands for.
  package static func decode(_ bytes: UnsafeRawBufferPointer) -> any Error {
    let failure = ErrorCoding.decode(bytes)
    return original(of: failure) ?? failure
  }

  /// An encoded failure with the call that had it. An error that has crossed several calls keeps the innermost.
  package static func failure(_ bytes: UnsafeRawBufferPointer, of handle: ObjectHandle) -> RayError {
    let failure = ErrorCoding.decode(bytes)
    guard failure.details.callSite == nil, let site = handle.callSite.text else { return failure }
    return failure.with { $0.callSite = site }
  }

  package static func original(of failure: RayError) -> (any Error)? {
    guard failure.code == .taskFailed, let payload = failure.details.typedError,
      let type = _typeByName(payload.mangledType) as? any (Error & Decodable).Type
    else { return nil }
    return payload.bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
      return try? read(type, &reader)
    }
  }

  private static func encode<E: Encodable>(_ error: E, into writer: inout ByteWriter) throws {
    try writer.put(value: error)
  }

  private static func read<E: Error & Decodable>(_: E.Type, _ reader: inout ByteReader) throws -> any Error {
    try reader.get(E.self)
  }
}
