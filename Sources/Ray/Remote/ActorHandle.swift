public import MessagePack
public import RayEngine
public import RayProtocol

/// A remote actor: its methods are called by `handle.method.remote(…)`.
///
/// Handles are values: copy them, pass them to remote calls, also inside other values. An actor that is not detached ends
/// when its last handle anywhere is gone, after the calls that were made.
@dynamicMemberLookup
public struct ActorHandle<Actor: RayActor>: Sendable, Hashable, RayValue {
  package let core: ActorCore

  public init(__core core: ActorCore) { self.core = core }

  public var id: ActorID { core.id }

  public subscript<Method: ActorMethod>(dynamicMember method: KeyPath<Actor.Methods, Method>) -> Method {
    Actor.Methods(__core: core)[keyPath: method]
  }

  /// Ends the actor at once; calls in flight and later ones fail. With `noRestart: false` it is started again as if it had crashed.
  public func kill(noRestart: Bool = true) async throws { try await core.engine.kill(core, noRestart: noRestart) }

  /// MessagePack extension 'A': `creator u64 | index u64 | retries i32 | pending calls i32 | counted u8 | class name`.
  private static var extensionCode: Int8 { 0x41 }

  public borrowing func encode(into writer: inout ByteWriter) {
    if let lifetime = core.lifetime { writer.keep(lifetime) }
    var name = core.className
    let isCounted = core.lifetime != nil
    let head = [core.id.creator.rawValue, core.id.index].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    let limits = [core.maxTaskRetries, core.maxPendingCalls].flatMap { word in
      withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
    let bytes = head + limits + [isCounted ? 1 : 0] + name.withUTF8 { Array($0) }
    bytes.withUnsafeBytes { writer.putExtension(code: Self.extensionCode, $0) }
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    let context = reader.context
    let bytes = try reader.getExtension(code: extensionCode)
    guard bytes.byteCount >= 25, let engine = CurrentEngine.engine else {
      throw MessagePackError(
        code: .invalidValue, message: "an actor handle of \(bytes.byteCount) bytes, or no runtime to give it to")
    }
    return bytes.withUnsafeBytes { bytes in
      let id = ActorID(
        creator: WorkerID(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))),
        index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      let core = engine.adoptActor(
        id, className: String(decoding: bytes[25...], as: UTF8.self),
        maxTaskRetries: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)),
        maxPendingCalls: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: Int32.self)),
        keepsAlive: bytes[24] != 0, source: context)
      return Self(__core: core)
    }
  }
}
