public import MessagePack
public import RayEngine
internal import RayProtocol

extension ObjectRef {
  /// The value, when it is there.
  ///
  /// Throws the callee's own error where its type is `Codable`, else a ``RayError``; `CancellationError` when the waiting
  /// task is cancelled.
  public var value: Value {
    get async throws {
      if case .pending = handle.engine.state(of: handle) { try await handle.engine.whenReady(handle) }
      return try readyValue()
    }
  }

  /// Whether the value or its error is there.
  public var isReady: Bool {
    handle.engine.isReady(handle.id)
  }

  /// What went wrong, with where and why; nil when there is a value. Waits like ``value``.
  ///
  /// ``value`` throws the callee's own error; this tells the call site, the attempt and the worker as well.
  public var failure: RayError? {
    get async throws {
      if case .pending = handle.engine.state(of: handle) { try await handle.engine.whenReady(handle) }
      guard case .failed(let bytes) = handle.engine.state(of: handle) else { return nil }
      return TypedErrors.failure(bytes, of: handle)
    }
  }

  /// Cancels the call behind this reference; see ``Ray/cancel(_:force:recursive:)``.
  public func cancel(force: Bool = false, recursive: Bool = true) async throws {
    try await handle.engine.cancel(handle, force: force, recursive: recursive)
  }

  /// Reads the value's bytes in place, without a copy: binary data and arrays of numbers lie in shared memory as they are.
  ///
  /// The span starts at the value's MessagePack encoding.
  public func withBytes<Result>(_ body: (RawSpan) throws -> Result) async throws -> Result {
    if case .pending = handle.engine.state(of: handle) { try await handle.engine.whenReady(handle) }
    defer { withExtendedLifetime(self) {} }
    switch handle.engine.state(of: handle) {
    case .pending: throw RayError(.internalError, "object \(id) is pending after it was ready")
    case .failed(let bytes): throw TypedErrors.decode(bytes, of: handle)
    case .value(let bytes): return try body(RawSpan(_unsafeBytes: bytes))
    }
  }

  /// The value of an object that is ready.
  @inlinable
  func readyValue() throws -> Value {
    var value: Value?
    try ReadyObject.read(handle, as: Value.self) { reader in
      value = if let decoder { try decoder(&reader) } else { try Self.dynamicDecode(&reader) }
    }
    return value.unsafelyUnwrapped
  }

  /// References that arrive inside values carry no decoder; their type's conformance is found once.
  @usableFromInline
  static func dynamicDecode(_ reader: inout ByteReader) throws -> Value {
    if let type = Value.self as? any RaySerializable.Type { return try read(type, &reader) as! Value }
    if Value.self == Void.self {
      try reader.getNil()
      return () as! Value
    }
    if let type = Value.self as? any Decodable.Type { return try readDecodable(type, &reader) as! Value }
    throw RayError(.decodingFailed, "\(Value.self) cannot be read from a reference that came inside a value; use a struct")
  }

  private static func read<T: RaySerializable>(_: T.Type, _ reader: inout ByteReader) throws -> Any { try reader.get(T.self) }
  private static func readDecodable<T: Decodable>(_: T.Type, _ reader: inout ByteReader) throws -> Any { try reader.get(T.self) }
}

/// The part of reading a value that does not depend on its type.
@usableFromInline
enum ReadyObject {
  @usableFromInline
  static func read(_ handle: ObjectHandle, as type: Any.Type, _ decode: (inout ByteReader) throws -> Void) throws {
    defer { withExtendedLifetime(handle) {} }
    switch handle.engine.state(of: handle) {
    case .pending: throw RayError(.internalError, "object \(handle.id) is pending after it was ready")
    case .failed(let bytes): throw TypedErrors.decode(bytes, of: handle)
    case .value(let bytes): try read(bytes, of: handle, as: type, decode)
    }
  }

  private static func read(
    _ bytes: UnsafeRawBufferPointer, of handle: ObjectHandle, as type: Any.Type, _ decode: (inout ByteReader) throws -> Void
  ) throws {
    try withUnsafePointer(to: DecodeSource(object: handle.id)) { source in
      var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
      reader.context = UnsafeRawPointer(source)
      do {
        try decode(&reader)
      } catch let error as MessagePackError {
        throw RayError(.decodingFailed, "object \(handle.id) is no \(type): \(error.message)")
          .with { $0.callSite = handle.callSite.text }
      }
    }
  }
}
