public import MessagePack
public import RayEngine

extension Ray {
  /// A remote function by its name, for programs that learn at run time what to call.
  ///
  /// ```swift
  /// let six = try Ray.function(named: "multiply").remote(2, 3)                       // ObjectRef<MessagePackValue>
  /// let seven = try Ray.function(named: "Main.add(_:_:)").remote(six, 1, returning: Int.self)
  /// print(try await seven.value)                                                     // 7
  /// ```
  /// The full name is `Module.Type.function(label:)`. The labels, the module and the types may be left out where only one
  /// function is meant. The worker looks it up: `unknownFunction` arrives through the reference and suggests names.
  public static func function(named name: String) -> NamedFunction { NamedFunction(name: name) }
}

/// A remote function that is known by name only; see ``Ray/function(named:)``.
///
/// Arguments are given by position; labels and defaults are the typed call's. Each is a value that is `RayValue` or
/// `Codable`, or a reference, which stands for its value; wrap a reference in an array to pass it as such. What does not fit
/// is told through the result: `invalidArgument` for a wrong number of arguments; `decodingFailed` for a wrong one, with the
/// parameter, its type and what was found.
public struct NamedFunction: RemoteFunction {
  public let name: String
  public var options = TaskOptions.standard

  /// Calls the function; the result is whatever it returned.
  @discardableResult
  public func remote<each Argument: Sendable>(
    _ arguments: repeat each Argument, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<MessagePackValue> {
    try call(file, line).submit(DynamicArguments(repeat each arguments))
  }

  /// Calls the function and reads the result as `Result`.
  @discardableResult
  public func remote<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, returning type: Result.Type, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<Result> { try call(file, line).submit(DynamicArguments(repeat each arguments)) }

  /// Calls a function that returns a tuple or an array of `count` elements; one reference per element.
  public func split<each Argument: Sendable>(
    _ arguments: repeat each Argument, into count: Int, file: StaticString = #fileID, line: UInt = #line
  ) throws -> [ObjectRef<MessagePackValue>] { try call(file, line).split(into: count, DynamicArguments(repeat each arguments)) }

  /// Calls a function that returns an `AsyncSequence`.
  public func stream<Element, each Argument: Sendable>(
    _ arguments: repeat each Argument, of element: Element.Type, file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRefStream<Element> { try call(file, line).stream(DynamicArguments(repeat each arguments)) }

  private func call(_ file: StaticString, _ line: UInt) throws -> DynamicCall {
    DynamicCall(engine: try Runtime.engine(), target: .namedFunction(name), options: options, site: CallSite(file, line))
  }
}
