public import MessagePack
public import RayEngine

/// A Python function; see ``Python/function(_:)``.
///
/// Each argument is a value that is `RayValue` or `Codable`, or a reference of any origin, which stands for its value: what Python
/// has stored by `ray.put` goes into the function as it is, whatever it is. Results that are numbers, text, bytes, lists and
/// dictionaries of these, numpy arrays, dataclasses, dates or references can be read by Swift; anything else can be passed on
/// by its reference.
///
/// Options that are not set here are those of the function's own `@ray.remote(...)`. What the function raises is thrown as a
/// ``RayError`` with code `taskFailed`, the exception's text, its type in `details.errorType` and its traceback in
/// `details.backtrace`. `unknownFunction` is thrown at once when there is no such function.
public struct PythonFunction: RemoteFunction {
  package let callee: PythonCallee
  public var options = TaskOptions.standard

  init(callee: PythonCallee) { self.callee = callee }

  /// `module.name` as it was given.
  public var name: String { callee.name }

  /// Calls the function on the cluster; the result is whatever it returned.
  @discardableResult
  public func remote<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], file: StaticString = #fileID,
    line: UInt = #line
  ) throws -> ObjectRef<MessagePackValue> {
    try PythonCall(self, DynamicArguments(repeat each arguments), keywords).at(file, line) { try $0.submit($1) }
  }

  /// Calls the function on the cluster and reads the result as `Result`.
  @discardableResult
  public func remote<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], returning type: Result.Type,
    file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRef<Result> {
    try PythonCall(self, DynamicArguments(repeat each arguments), keywords).at(file, line) { try $0.submit($1) }
  }

  /// Calls a function that returns a tuple or a list of `count` elements; one reference per element.
  public func split<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], into count: Int,
    file: StaticString = #fileID, line: UInt = #line
  ) throws -> [ObjectRef<MessagePackValue>] {
    try PythonCall(self, DynamicArguments(repeat each arguments), keywords).at(file, line) { try $0.split(into: count, $1) }
  }

  /// Calls a generator.
  public func stream<Element, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], of element: Element.Type,
    file: StaticString = #fileID, line: UInt = #line
  ) throws -> ObjectRefStream<Element> {
    try PythonCall(self, DynamicArguments(repeat each arguments), keywords).at(file, line) { try $0.stream($1) }
  }
}

/// A call with its keyword arguments put behind the others.
struct PythonCall {
  let callee: PythonCallee
  let options: TaskOptions
  let arguments: DynamicArguments

  init(_ function: PythonFunction, _ arguments: DynamicArguments, _ keywords: KeyValuePairs<String, any Sendable>) {
    callee = function.callee.with(keywords: keywords.map(\.key), after: arguments.count)
    options = function.options
    self.arguments = arguments.followed(by: keywords)
  }

  func at<Result>(
    _ file: StaticString, _ line: UInt, _ submit: (DynamicCall, DynamicArguments) throws -> Result
  ) throws -> Result {
    let call = DynamicCall(
      engine: try Runtime.engine(), target: .python(callee), options: options, site: CallSite(file, line))
    return try submit(call, arguments)
  }
}

extension DynamicArguments {
  func followed(by keywords: KeyValuePairs<String, any Sendable>) -> DynamicArguments {
    if keywords.isEmpty { return self }
    let values = keywords.map(\.value)
    return DynamicArguments(count: count + values.count) { writer in
      try write(&writer)
      for value in values { try writer.append(dynamic: value) }
    }
  }
}
