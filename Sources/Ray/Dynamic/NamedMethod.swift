public import MessagePack
public import RayEngine

/// A method of an actor that is known by name only; see ``AnyActorHandle/method(named:)``.
///
/// Arguments are taken as in ``NamedFunction``.
public struct NamedMethod: ActorMethod {
  public let name: String
  public var options = TaskOptions.standard
  let actor: ActorCore

  /// Calls the method; the result is whatever it returned.
  @discardableResult
  public func remote<each Argument: Sendable>(
    _ arguments: repeat each Argument, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<MessagePackValue> {
    try call(file, line).submit(DynamicArguments(repeat each arguments))
  }

  /// Calls the method and reads the result as `Result`.
  @discardableResult
  public func remote<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, returning type: Result.Type, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<Result> { try call(file, line).submit(DynamicArguments(repeat each arguments)) }

  /// Calls a method that returns a tuple or an array of `count` elements; one reference per element.
  public func split<each Argument: Sendable>(
    _ arguments: repeat each Argument, into count: Int, file: StaticString = #fileID, line: UInt = #line
  ) throws -> [ObjectRef<MessagePackValue>] { try call(file, line).split(into: count, DynamicArguments(repeat each arguments)) }

  /// Calls a method that returns an `AsyncSequence`.
  public func stream<Element, each Argument: Sendable>(
    _ arguments: repeat each Argument, of element: Element.Type, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRefStream<Element> { try call(file, line).stream(DynamicArguments(repeat each arguments)) }

  private func call(_ file: StaticString, _ line: UInt) -> DynamicCall {
    DynamicCall(engine: actor.engine, target: .namedMethod(name, of: actor), options: options, site: CallSite(file, line))
  }
}
