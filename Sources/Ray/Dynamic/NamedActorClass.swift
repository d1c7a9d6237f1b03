public import RayEngine
internal import RayProtocol

extension Ray {
  /// An actor class by its name, for programs that learn at run time what to create.
  ///
  /// ```swift
  /// let counter = try Ray.actorClass(named: "Counter").remote(10)
  /// let sum = try await counter.call("add", 5, returning: Int.self).value            // 15
  /// ```
  /// Throws `unknownActorClass`, with names that look alike, when this program has none of that name.
  public static func actorClass(named name: String) throws -> NamedActorClass {
    guard let entry = RemoteRegistry.actor(named: name) else {
      throw NameSearch.failure(
        name, among: RemoteRegistry.actorNames, noun: "remote actor class", place: "this program", code: .unknownActorClass)
    }
    return NamedActorClass(entry: entry)
  }
}

/// An actor class that is known by name only; see ``Ray/actorClass(named:)``.
public struct NamedActorClass: Sendable {
  let entry: ActorEntry
  /// Everything that can be said about the actor's needs, its name and its life.
  public var options: ActorOptions

  init(entry: ActorEntry) {
    self.entry = entry
    options = entry.options
  }

  public var name: String { entry.name }

  /// The same class with other options: `actorClass.with { $0.name = "total" }`.
  public func with(_ change: (inout ActorOptions) -> Void) -> Self {
    var copy = self
    change(&copy.options)
    return copy
  }

  /// Starts an actor; arguments are taken as in ``NamedFunction``, what does not fit fails the construction.
  public func remote<each Argument: Sendable>(_ arguments: repeat each Argument) throws -> AnyActorHandle {
    let arguments = DynamicArguments(repeat each arguments)
    return AnyActorHandle(core: try Runtime.engine().createActor(entry, options: options, arguments: arguments.write))
  }
}
