internal import MessagePack
internal import RayEngine

/// Actor handles travel inside values as MessagePack extension 'A'; the engine knows its content.
extension ActorCore {
  func encode(into writer: inout ByteWriter) { engine.encode(self, into: &writer) }

  static func decode(from reader: inout ByteReader) throws(MessagePackError) -> ActorCore {
    let context = reader.context
    let bytes = try reader.getExtension(code: EngineExtension.actor)
    guard let engine = CurrentEngine.engine else {
      throw MessagePackError(code: .invalidValue, message: "an actor handle, and no runtime to give it to")
    }
    return try engine.decodeActor(bytes, source: context)
  }
}
