public import MessagePack
public import RayEngine
public import RayProtocol

/// A remote actor: its methods are called by `handle.method.remote(…)`.
///
/// Handles are values: copy them, pass them to remote calls, also inside other values. An actor that is not detached ends
/// when its last handle anywhere is gone, after the calls that were made.
@dynamicMemberLookup
public struct ActorHandle<Actor: RayActor>: Sendable, Hashable, RayValue, ClusterReference {
  @usableFromInline package let core: ActorCore

  @inlinable public init(__core core: ActorCore) { self.core = core }

  public var id: ActorID { core.id }

  /// The remote methods, for those whose name a handle has itself: `handle.methods.kill.remote()`.
  public var methods: Actor.Methods { Actor.Methods(__core: core) }

  /// Inlined so that the compiler sees the key path and calls the property behind it.
  @inlinable
  public subscript<Method: ActorMethod>(dynamicMember method: KeyPath<Actor.Methods, Method>) -> Method {
    Actor.Methods(__core: core)[keyPath: method]
  }

  /// Ends the actor at once; calls in flight and later ones fail. With `noRestart: false` it is started again as if it had crashed.
  public func kill(noRestart: Bool = true) async throws { try await core.engine.kill(core, noRestart: noRestart) }

  public borrowing func encode(into writer: inout ByteWriter) { core.encode(into: &writer) }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    Self(__core: try ActorCore.decode(from: &reader))
  }
}
