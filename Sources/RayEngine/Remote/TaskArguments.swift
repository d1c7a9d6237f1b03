public import MessagePack
internal import RayProtocol

/// The arguments of a running call, decoded one by one by generated code.
///
/// The bytes belong to the call and outlive it; they come from another process, so every look is checked.
public struct TaskArguments: @unchecked Sendable {
  // Sendable: the bytes are not changed while the call runs.
  @usableFromInline let bytes: UnsafeRawBufferPointer
  private let signature: CallSignature
  /// Tells the engine where references inside the arguments came from; see `ByteReader.context`.
  @usableFromInline let context: UnsafeRawPointer?

  package init(
    _ bytes: UnsafeRawBufferPointer, function: String, parameters: [RemoteEntry.Parameter], context: UnsafeRawPointer?,
    resolve: @escaping @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer
  ) {
    self.init(
      bytes, signature: CallSignature(function: function, parameters: parameters, resolve: resolve), context: context)
  }

  package init(_ bytes: UnsafeRawBufferPointer, signature: CallSignature, context: UnsafeRawPointer?) {
    self.bytes = bytes
    self.signature = signature
    self.context = context
  }

  /// How many arguments the caller sent.
  @inlinable
  public var count: Int {
    bytes.count < 2 ? 0 : Int(UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self)))
  }

  @inlinable
  public func decode<T: RaySerializable>(_ index: Int, as type: T.Type = T.self) throws -> T {
    var reader = ByteReader(RawSpan(_unsafeBytes: try argument(index)))
    reader.context = context
    do throws(MessagePackError) { return try reader.get(T.self) } catch { throw failure(error, index) }
  }

  @_disfavoredOverload
  @inlinable
  public func decode<T: Decodable>(_ index: Int, as type: T.Type = T.self) throws -> T {
    var reader = ByteReader(RawSpan(_unsafeBytes: try argument(index)))
    reader.context = context
    do throws(MessagePackError) { return try reader.get(T.self) } catch { throw failure(error, index) }
  }

  /// Reads an argument whose type has no codec of its own, such as a tuple.
  public func decode<T>(_ index: Int, with body: (inout ByteReader) throws -> T) throws -> T {
    var reader = ByteReader(RawSpan(_unsafeBytes: try argument(index)))
    reader.context = context
    do { return try body(&reader) } catch let error as MessagePackError { throw failure(error, index) }
  }

  /// Catches types that cannot be received, with a message that says what to do.
  @available(
    *, unavailable,
    message: "this parameter's type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public func decode<T>(_ index: Int, as type: T.Type) throws -> T { fatalError("unavailable") }

  /// Throws when the caller sent another number of arguments than the function takes.
  @inlinable
  public func expect(count expected: Int) throws {
    if count != expected { throw wrongCount(expected) }
  }

  @usableFromInline
  func wrongCount(_ expected: Int) -> any Error {
    let parameters = signature.parameters
    let types = parameters.map { $0.label == "_" ? $0.type : "\($0.label): \($0.type)" }.joined(separator: ", ")
    let list = parameters.isEmpty ? "" : " (\(types))"
    return RayError(
      .invalidArgument,
      "\(signature.function) takes \(expected) argument\(expected == 1 ? "" : "s")\(list), the call has \(count)")
  }

  @usableFromInline
  func failure(_ error: MessagePackError, _ index: Int) -> any Error {
    RayError(.decodingFailed, "\(signature.function): argument \(index)\(signature.label(index)) \(error.message)")
  }

  /// The bytes of one argument. Calls have few of them, so that stepping over the ones in front beats a table.
  @usableFromInline
  func argument(_ index: Int) throws -> UnsafeRawBufferPointer {
    guard index >= 0, index < count else { throw wrongCount(signature.parameters.count) }
    var offset = 2
    for _ in 0..<index { offset = try end(ofArgumentAt: offset) }
    let end = try end(ofArgumentAt: offset)
    let value = UnsafeRawBufferPointer(rebasing: bytes[(offset &+ Self.headByteCount)..<end])
    switch bytes[offset] {
    case ArgumentWriter.inlineTag: return value
    case ArgumentWriter.storedTag: return try signature.resolve(value)
    default: throw malformed()
    }
  }

  private static var headByteCount: Int { 5 }

  private func end(ofArgumentAt offset: Int) throws -> Int {
    guard bytes.count &- offset >= Self.headByteCount else { throw malformed() }
    let byteCount = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset &+ 1, as: UInt32.self)))
    guard bytes.count &- offset &- Self.headByteCount >= byteCount else { throw malformed() }
    return offset &+ Self.headByteCount &+ byteCount
  }

  private func malformed() -> RayError {
    RayError(.protocolViolation, "\(signature.function): the call's arguments are malformed")
  }
}
