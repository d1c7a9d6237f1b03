package import MessagePack
package import RayProtocol

/// References and actor handles inside values, for engines whose names say everything: a few words each, little endian.
package enum ReferenceLayout {
  // MARK: Objects

  private static var objectByteCount: Int { 24 }

  /// `owner u64 | index u64 | node u64`
  package static func write(_ handle: ObjectHandle, into writer: inout ByteWriter) {
    writer.keep(handle)
    withUnsafeTemporaryAllocation(byteCount: objectByteCount, alignment: 8) { bytes in
      bytes.storeBytes(of: handle.id.owner.rawValue.littleEndian, as: UInt64.self)
      bytes.storeBytes(of: handle.id.index.littleEndian, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
      writer.putExtension(code: EngineExtension.object, UnsafeRawBufferPointer(bytes))
    }
  }

  package static func object(_ bytes: RawSpan) throws(MessagePackError) -> ObjectID {
    guard bytes.byteCount == objectByteCount else {
      throw MessagePackError(code: .invalidValue, message: "a reference of \(bytes.byteCount) bytes")
    }
    return bytes.withUnsafeBytes { bytes in
      ObjectID(
        owner: WorkerID(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))),
        index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  // MARK: Actors

  /// What a handle says about its actor.
  package struct Actor {
    package var id: ActorID
    package var className: String
    package var maxTaskRetries: Int32
    package var maxPendingCalls: Int32
    /// Whether the sender's handle counted.
    package var keepsAlive: Bool
  }

  private static var actorHeadByteCount: Int { 25 }

  /// `creator u64 | index u64 | retries i32 | pending calls i32 | counted u8 | class name`
  package static func write(_ actor: ActorCore, into writer: inout ByteWriter) {
    if let lifetime = actor.lifetime { writer.keep(lifetime) }
    var name = actor.className
    let words = [actor.id.creator.rawValue, actor.id.index].flatMap { word in
      withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
    let limits = [actor.maxTaskRetries, actor.maxPendingCalls].flatMap { word in
      withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
    let bytes = words + limits + [actor.lifetime != nil ? 1 : 0] + name.withUTF8 { Array($0) }
    bytes.withUnsafeBytes { writer.putExtension(code: EngineExtension.actor, $0) }
  }

  package static func actor(_ bytes: RawSpan) throws(MessagePackError) -> Actor {
    guard bytes.byteCount >= actorHeadByteCount else {
      throw MessagePackError(code: .invalidValue, message: "an actor handle of \(bytes.byteCount) bytes")
    }
    return bytes.withUnsafeBytes { bytes in
      let id = ActorID(
        creator: WorkerID(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))),
        index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      return Actor(
        id: id, className: String(decoding: bytes[actorHeadByteCount...], as: UTF8.self),
        maxTaskRetries: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)),
        maxPendingCalls: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: Int32.self)),
        keepsAlive: bytes[24] != 0)
    }
  }
}
