public import MessagePack
internal import RayProtocol

/// The arguments of a running call, decoded one by one by generated code.
///
/// The bytes belong to the call and outlive it; they come from another process, so every look is checked.
public struct TaskArguments: @unchecked Sendable {
  // Sendable: the bytes are not changed while the call runs.
  private let bytes: UnsafeRawBufferPointer
  private let function: String
  private let parameters: [RemoteEntry.Parameter]
  /// Tells the engine where references inside the arguments came from; see `ByteReader.context`.
  private let context: UnsafeRawPointer?
  /// Finds values in shared memory.
  private let resolve: @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer

  package init(
    _ bytes: UnsafeRawBufferPointer, function: String, parameters: [RemoteEntry.Parameter], context: UnsafeRawPointer?,
    resolve: @escaping @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer
  ) {
    self.bytes = bytes
    self.function = function
    self.parameters = parameters
    self.context = context
    self.resolve = resolve
  }

  /// How many arguments the caller sent.
  public var count: Int {
    var cursor = ByteCursor(bytes)
    return (try? Int(cursor.integer(UInt16.self))) ?? 0
  }

  public func decode<T: RaySerializable>(_ index: Int, as type: T.Type = T.self) throws -> T {
    try read(index) { (reader: inout ByteReader) in try reader.get(T.self) }
  }

  @_disfavoredOverload
  public func decode<T: Decodable>(_ index: Int, as type: T.Type = T.self) throws -> T {
    try read(index) { (reader: inout ByteReader) in try reader.get(T.self) }
  }

  /// Reads an argument whose type has no codec of its own, such as a tuple.
  public func decode<T>(_ index: Int, with body: (inout ByteReader) throws -> T) throws -> T { try read(index, body) }

  /// Catches types that cannot be received, with a message that says what to do.
  @available(
    *, unavailable,
    message: "this parameter's type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public func decode<T>(_ index: Int, as type: T.Type) throws -> T { fatalError("unavailable") }

  /// Throws when the caller sent another number of arguments than the function takes.
  public func expect(count expected: Int) throws {
    guard count != expected else { return }
    throw RayError(.invalidArgument, "\(function) takes \(expected) argument\(expected == 1 ? "" : "s"), the call has \(count)")
  }

  private func read<T>(_ index: Int, _ body: (inout ByteReader) throws -> T) throws -> T {
    let value = try argument(index)
    var reader = ByteReader(RawSpan(_unsafeBytes: value))
    reader.context = context
    do {
      return try body(&reader)
    } catch let error as MessagePackError {
      throw RayError(.decodingFailed, "\(function): argument \(index)\(label(index)) \(error.message)")
    }
  }

  private func label(_ index: Int) -> String {
    guard index < parameters.count else { return "" }
    let parameter = parameters[index]
    return parameter.label == "_" ? " (\(parameter.type))" : " '\(parameter.label)' (\(parameter.type))"
  }

  private func argument(_ index: Int) throws -> UnsafeRawBufferPointer {
    do {
      var cursor = ByteCursor(bytes)
      let count = Int(try cursor.integer(UInt16.self))
      guard index < count else {
        throw RayError(
          .invalidArgument, "\(function) takes \(parameters.count) arguments, the call has \(count)")
      }
      for _ in 0..<index {
        _ = try cursor.integer(UInt8.self)
        _ = try cursor.bytes(Int(try cursor.integer(UInt32.self)))
      }
      let tag = try cursor.integer(UInt8.self)
      let value = try cursor.bytes(Int(try cursor.integer(UInt32.self)))
      return tag == ArgumentWriter.storedTag ? try resolve(value) : value
    } catch is ByteCursor.Truncated {
      throw RayError(.protocolViolation, "\(function): the call's arguments are malformed")
    }
  }
}
