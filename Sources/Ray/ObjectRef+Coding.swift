public import MessagePack
internal import RayEngine

/// References travel inside values as MessagePack extension 'R'; the engine knows its content.
extension ObjectRef: RaySerializable, RayValue, ClusterReference {
  public borrowing func encode(into writer: inout ByteWriter) {
    handle.engine.encode(handle, into: &writer)
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    let context = reader.context
    let bytes = try reader.getExtension(code: EngineExtension.object)
    guard let engine = CurrentEngine.engine else {
      throw MessagePackError(code: .invalidValue, message: "a reference, and no runtime to give it to")
    }
    return Self(__handle: try engine.decodeObject(bytes, source: context))
  }
}

/// So that `Codable` types may contain references. Only this library's codec can carry them: a reference that left the
/// program in a file would keep nothing alive.
extension ObjectRef: Codable {
  public func encode(to encoder: any Encoder) throws {
    throw EncodingError.invalidValue(
      self, .init(codingPath: encoder.codingPath, debugDescription: "references only travel inside remote calls and objects"))
  }

  public init(from decoder: any Decoder) throws {
    throw DecodingError.dataCorrupted(
      .init(codingPath: decoder.codingPath, debugDescription: "references only travel inside remote calls and objects"))
  }
}
