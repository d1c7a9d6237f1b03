package import MessagePack
package import RayEngine

extension EmbeddedEngine {
  package func encode(_ handle: ObjectHandle, into writer: inout ByteWriter) {
    ReferenceLayout.write(handle, into: &writer)
  }

  package func decodeObject(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ObjectHandle {
    adopt(try ReferenceLayout.object(bytes), source: source)
  }

  package func encode(_ actor: ActorCore, into writer: inout ByteWriter) { ReferenceLayout.write(actor, into: &writer) }

  package func decodeActor(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ActorCore {
    adoptActor(try ReferenceLayout.actor(bytes), source: source)
  }
}
