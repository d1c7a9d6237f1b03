public import MessagePack
package import RayEngine
public import RayProtocol

/// A remote actor whose class is known at run time only.
///
/// ```swift
/// let counter = try await Ray.actor(named: "total")                                // AnyActorHandle
/// let sum = try await counter.call("add", 5, returning: Int.self).value
/// ```
/// As a value it is the same as ``ActorHandle``: either can be sent where the other is received.
public struct AnyActorHandle: Sendable, Hashable, RayValue, ClusterReference {
  package let core: ActorCore

  init(core: ActorCore) { self.core = core }

  public init(_ handle: ActorHandle<some RayActor>) { core = handle.core }

  public var id: ActorID { core.id }

  /// `Module.Type` of the actor's class.
  public var className: String { core.className }

  /// A method by its name: `method(label:)`, or `method` where only one is called so.
  public func method(named name: String) -> NamedMethod { NamedMethod(name: name, actor: core) }

  /// Calls a method; the result is whatever it returned.
  @discardableResult
  public func call<each Argument: Sendable>(
    _ method: String, _ arguments: repeat each Argument, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<MessagePackValue> {
    try self.method(named: method).remote(repeat each arguments, file: file, line: line)
  }

  /// Calls a method and reads the result as `Result`.
  @discardableResult
  public func call<Result, each Argument: Sendable>(
    _ method: String, _ arguments: repeat each Argument, returning type: Result.Type, file: StaticString = #fileID,
    line: UInt = #line
  ) throws -> ObjectRef<Result> {
    try self.method(named: method).remote(repeat each arguments, returning: type, file: file, line: line)
  }

  /// The handle with the class's own methods. Throws `actorTypeMismatch` when the actor is of another class.
  public func typed<Actor: RayActor>(as type: Actor.Type = Actor.self) throws -> ActorHandle<Actor> {
    guard core.className == Actor.__entry.name else {
      throw RayError(.actorTypeMismatch, "actor \(core.id) is a \(core.className), not a \(Actor.__entry.name)")
    }
    return ActorHandle(__core: core)
  }

  /// Ends the actor at once; see ``ActorHandle/kill(noRestart:)``.
  public func kill(noRestart: Bool = true) async throws { try await core.engine.kill(core, noRestart: noRestart) }

  public borrowing func encode(into writer: inout ByteWriter) { core.encode(into: &writer) }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    Self(core: try ActorCore.decode(from: &reader))
  }
}

extension Ray {
  /// The live actor of that name, whatever its class. Throws `actorNotFound`.
  public static func actor(named name: String, namespace: String? = nil) async throws -> AnyActorHandle {
    AnyActorHandle(core: try await Runtime.engine().actor(named: name, namespace: namespace))
  }
}
