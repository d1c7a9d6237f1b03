public import RayEngine

/// A Python class whose instances are actors; see ``Python/actorClass(_:)``.
///
/// ```swift
/// let model = try Python.actorClass("models.Classifier").remote("weights.bin")
/// let label = try await model.call("predict", image, returning: String.self).value
/// ```
/// The handle is the same as that of a Swift actor whose class is known at run time only: names, `kill`, handles inside values
/// and `Ray.actor(named:)` work alike, and actors that Python code has created are found, too.
public struct PythonActorClass: Sendable {
  package let callee: PythonCallee
  /// What is nil is taken from the class's own `@ray.remote(...)`.
  public var options = ActorOptions()

  init(callee: PythonCallee) { self.callee = callee }

  public var name: String { callee.name }

  /// The same class with other options: `actorClass.with { $0.name = "total" }`.
  public func with(_ change: (inout ActorOptions) -> Void) -> Self {
    var copy = self
    change(&copy.options)
    return copy
  }

  /// Starts an actor; arguments are taken as in ``PythonFunction``. Throws `unknownActorClass` when there is no such class.
  public func remote<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:]
  ) throws -> AnyActorHandle {
    let plain = DynamicArguments(repeat each arguments)
    let callee = callee.with(keywords: keywords.map(\.key), after: plain.count)
    let core = try Runtime.engine().createPythonActor(
      callee, options: options, arguments: plain.followed(by: keywords).write)
    return AnyActorHandle(core: core)
  }
}
