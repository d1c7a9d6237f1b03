internal import RayBridge

/// An object of the Python in this process: a module, a function, an instance, a value.
///
/// ```swift
/// let math = try Python.import("math")
/// let five = try math.hypot.call(3.0, 4.0, returning: Double.self)
/// ```
/// Every property is the object's attribute of that name. The object lives in Python as long as any copy of this value;
/// nothing needs to be closed. Calls block the thread they are made on, as the Python code behind them does; any thread may
/// make them, and Python's own lock decides which goes on.
///
/// Numbers, text and truth values are converted directly. `[Double]`, `[UInt8]` and the like appear in Python as a
/// read-only `memoryview` of Swift's own memory, which keeps the array alive: `numpy.asarray` takes it without a copy.
/// Everything else that is `RayValue` or `Codable` becomes what it becomes between processes. An exception is thrown as a
/// ``RayError`` with its type and traceback.
@dynamicMemberLookup
public struct PythonObject: Sendable, CustomStringConvertible {
  let object: RayBridge.PythonObject

  init(_ object: RayBridge.PythonObject) { self.object = object }

  /// An attribute.
  public func attribute(_ name: String) throws -> PythonObject { PythonObject(try object.member(name)) }

  /// Changes an attribute.
  public func setAttribute<Value: Sendable>(_ name: String, to value: Value) throws { try object.setMember(name, value) }

  /// An attribute, for calls: `math.hypot.call(3.0, 4.0)`. What is not there is told by the call.
  public subscript(dynamicMember name: String) -> PythonMember { PythonMember(owner: self, name: name) }

  /// Calls the object.
  @discardableResult
  public func call<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:]
  ) throws -> PythonObject {
    PythonObject(try invoke(repeat each arguments, keywords: keywords, as: RayBridge.PythonObject.self))
  }

  /// Calls the object and reads the result.
  @discardableResult
  public func call<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], returning type: Result.Type
  ) throws -> Result { try invoke(repeat each arguments, keywords: keywords, as: type) }

  /// Reads the object as a Swift value.
  public func value<Value>(as type: Value.Type = Value.self) throws -> Value { try object.value(as: type) }

  /// What Python's `str` says.
  public var description: String { object.text }

  private func invoke<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable>, as type: Result.Type
  ) throws -> Result {
    var count = keywords.count
    for _ in repeat (each Argument).self { count += 1 }
    return try withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count + 1) { storage in
      let names = keywords.isEmpty ? [] : keywords.map(\.key)
      return try object.call(PythonArguments(storage.baseAddress!, keywords: names), as: type) { list in
        repeat try Self.append(each arguments, to: &list)
        for (_, value) in keywords { try Self.append(keyword: value, to: &list) }
      }
    }
  }

  private static func append<Value>(_ value: Value, to list: inout PythonArguments) throws {
    if Value.self == PythonObject.self { return try list.append((value as! PythonObject).object) }
    try list.append(value)
  }

  private static func append(keyword value: some Sendable, to list: inout PythonArguments) throws {
    try append(value, to: &list)
  }
}

/// An attribute that is looked up when it is used; see ``PythonObject/subscript(dynamicMember:)``.
public struct PythonMember: Sendable {
  let owner: PythonObject
  let name: String

  /// The attribute itself. Throws when there is none.
  public func get() throws -> PythonObject { try owner.attribute(name) }

  /// Calls the attribute.
  @discardableResult
  public func call<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:]
  ) throws -> PythonObject { try get().call(repeat each arguments, keywords: keywords) }

  /// Calls the attribute and reads the result.
  @discardableResult
  public func call<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], returning type: Result.Type
  ) throws -> Result { try get().call(repeat each arguments, keywords: keywords, returning: type) }

  /// Reads the attribute as a Swift value.
  public func value<Value>(as type: Value.Type = Value.self) throws -> Value { try get().value(as: type) }
}
