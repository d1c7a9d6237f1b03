internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// A reference of any type, for calls whose parameters are not known here.
protocol AnyObjectRef {
  var handle: ObjectHandle { get }
}

extension ObjectRef: AnyObjectRef {}

extension ArgumentWriter {
  /// Appends an argument of a call by name: a reference stands for its value, everything else is written as it is.
  mutating func append(dynamic argument: some Sendable) throws {
    if let reference = argument as? any AnyObjectRef { return self.reference(reference.handle) }
    if let value = argument as? any RaySerializable { return try append(value) }
    if let value = argument as? any Encodable { return try append(value) }
    throw RayError(
      .encodingFailed,
      "a \(type(of: argument)) cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable")
  }

  private mutating func append(_ value: some RaySerializable) throws { try self.value(value) }
  private mutating func append(_ value: some Encodable) throws { try self.value(value) }
}

/// Arguments as a call by name takes them: each a value or a reference.
struct DynamicArguments: Sendable {
  let count: Int
  let write: @Sendable (inout ArgumentWriter) throws -> Void

  init(count: Int, write: @escaping @Sendable (inout ArgumentWriter) throws -> Void) {
    self.count = count
    self.write = write
  }

  init<each Argument: Sendable>(_ arguments: repeat each Argument) {
    var count = 0
    for _ in repeat (each Argument).self { count += 1 }
    self.count = count
    write = { writer in repeat try writer.append(dynamic: each arguments) }
  }
}

/// Submits calls by name.
struct DynamicCall {
  var engine: any Engine
  var target: CallTarget
  var options: TaskOptions
  var site: CallSite

  func submit<Result>(_ arguments: DynamicArguments) throws -> ObjectRef<Result> {
    ObjectRef(__handle: try engine.submit(target, options: options, arguments: arguments.write).made(at: site))
  }

  func split(into count: Int, _ arguments: DynamicArguments) throws -> [ObjectRef<MessagePackValue>] {
    guard count > 1, count < 1 << 16 else {
      throw RayError(.invalidArgument, "a result is split into 2 to 65,535 parts, not \(count)")
    }
    return try engine.submitSplit(target, options: options, parts: count, arguments: arguments.write)
      .map { ObjectRef(__handle: $0.made(at: site)) }
  }

  func stream<Element>(_ arguments: DynamicArguments) throws -> ObjectRefStream<Element> {
    let stream = try engine.submitStream(target, options: options, arguments: arguments.write)
    _ = stream.completion.made(at: site)
    return ObjectRefStream(__stream: stream)
  }
}
