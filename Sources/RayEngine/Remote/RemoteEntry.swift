public import MessagePack
internal import RayProtocol
package import Synchronization

/// A remote function as the runtime knows it: its name on the wire, its signature and the thunk that runs it.
///
/// Generated code makes one per `@Remote` function.
public final class RemoteEntry: Sendable {
  /// Decodes the arguments, calls the function and encodes the result.
  public enum Body: Sendable {
    case sync(@Sendable (borrowing TaskArguments, inout ByteWriter) throws -> Void)
    case async(@Sendable (TaskArguments, inout ByteWriter) async throws -> Void)
    /// Hands every element to the sink.
    case stream(@Sendable (TaskArguments, StreamSink) async throws -> Void)
  }

  /// `Module.Type.base(label:)`, unique in the program.
  public let name: String
  public let parameters: [Parameter]
  public let resultType: String
  /// The types of parameters and results, tuples as their elements.
  public let types: @Sendable () -> [Any.Type]
  public let options: TaskOptions
  /// True when the function's body mentions remote calls, references, `Ray` or Python.
  public let usesRay: Bool
  public let body: Body
  /// The engine's number for this function plus one; 0 = none yet.
  package let engineKey = Atomic<UInt32>(0)

  /// A parameter's label (`_` for none) and type, for dynamic calls and for messages.
  public struct Parameter: Hashable, Sendable {
    public var label: String
    public var type: String
    public init(_ label: String, _ type: String) {
      self.label = label
      self.type = type
    }
  }

  public init(
    name: String, parameters: [Parameter], resultType: String, types: @escaping @Sendable () -> [Any.Type] = { [] },
    options: TaskOptions = .standard, usesRay: Bool = false, body: Body
  ) {
    self.name = name
    self.parameters = parameters
    self.resultType = resultType
    self.types = types
    self.options = options
    self.usesRay = usesRay
    self.body = body
  }
}

/// An actor class as the runtime knows it. Generated code makes one per `@RemoteActor` type.
public final class ActorEntry: Sendable {
  /// `Module.Type`.
  public let name: String
  public let parameters: [RemoteEntry.Parameter]
  /// The types of the parameters, tuples as their elements.
  public let types: @Sendable () -> [Any.Type]
  public let options: ActorOptions
  /// True for Swift actors and for classes with an `async` method: calls interleave where they suspend.
  public let isConcurrent: Bool
  /// True when code of the class mentions remote calls, references, `Ray` or Python.
  public let usesRay: Bool
  public let create: @Sendable (TaskArguments) async throws -> AnyObject
  public let methods: [ActorMethodEntry]

  public init(
    name: String, parameters: [RemoteEntry.Parameter], types: @escaping @Sendable () -> [Any.Type] = { [] },
    options: ActorOptions = .init(), isConcurrent: Bool, usesRay: Bool = false,
    create: @escaping @Sendable (TaskArguments) async throws -> AnyObject, methods: [ActorMethodEntry]
  ) {
    self.name = name
    self.parameters = parameters
    self.types = types
    self.options = options
    self.isConcurrent = isConcurrent
    self.usesRay = usesRay
    self.create = create
    self.methods = methods
  }
}

extension ActorEntry {
  /// What a failable initializer means for the actor.
  public static func refused(_ type: Any.Type) -> any Error {
    RayError(.taskFailed, "the initializer of \(type) returned nil")
  }
}

/// One remote method of an actor class.
public final class ActorMethodEntry: Sendable {
  public enum Body: Sendable {
    case sync(@Sendable (AnyObject, borrowing TaskArguments, inout ByteWriter) throws -> Void)
    case async(@Sendable (AnyObject, TaskArguments, inout ByteWriter) async throws -> Void)
    case stream(@Sendable (AnyObject, TaskArguments, StreamSink) async throws -> Void)
  }

  /// `Module.Type.base(label:)`.
  public let name: String
  public let parameters: [RemoteEntry.Parameter]
  public let resultType: String
  /// The types of parameters and results, tuples as their elements.
  public let types: @Sendable () -> [Any.Type]
  public let options: TaskOptions
  public let body: Body
  package let engineKey = Atomic<UInt32>(0)

  public init(
    name: String, parameters: [RemoteEntry.Parameter], resultType: String,
    types: @escaping @Sendable () -> [Any.Type] = { [] }, options: TaskOptions = .standard, body: Body
  ) {
    self.name = name
    self.parameters = parameters
    self.resultType = resultType
    self.types = types
    self.options = options
    self.body = body
  }
}

extension ActorMethodEntry {
  /// The actor a method was looked up for; called by generated code.
  ///
  /// An engine takes methods from the entry that created the instance, so that the type is known to fit.
  /// `sending`: calls of one instance run on one executor, whatever the isolation that the caller's module has by default.
  @inlinable
  public static func receiver<Actor: AnyObject>(_ instance: AnyObject, as type: Actor.Type) -> sending Actor {
    nonisolated(unsafe) let actor = unsafeDowncast(instance, to: type)
    return actor
  }
}
