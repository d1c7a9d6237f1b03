internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// Swift values as Python objects and back, without a detour for what programs pass most: numbers, text, and arrays of numbers.
///
/// Everything else goes through MessagePack, as between processes. The lock is held throughout.
enum PythonConversion {
  // MARK: To Python

  /// Returns a reference that the caller owns.
  @inline(__always)
  static func object<Value>(_ value: Value) throws -> PythonPointer {
    if Value.self == Int.self { return try ToPython.int(unsafeBitCast(value, to: Int.self)) }
    if Value.self == Double.self { return try ToPython.float(unsafeBitCast(value, to: Double.self)) }
    return try uncommonObject(value)
  }

  private static func uncommonObject<Value>(_ value: Value) throws -> PythonPointer {
    switch value {
    case let value as String: return try ToPython.string(value)
    case let value as Bool: return ToPython.bool(value)
    case let value as PythonObject:
      Python.api.retain(value.pointer)
      return value.pointer
    case let value as any PythonArrayConvertible: return try value.pythonView()
    case let value as any RaySerializable: return try encoded { try put(value, &$0) }
    case let value as any Encodable: return try encoded { try put(value, &$0) }
    default:
      throw RayError(
        .encodingFailed,
        "a \(Value.self) means nothing to Python: make it conform to RayValue (@RayCodable) or Codable")
    }
  }

  private static func put(_ value: some RaySerializable, _ writer: inout ByteWriter) throws { try writer.put(value: value) }
  private static func put(_ value: some Encodable, _ writer: inout ByteWriter) throws { try writer.put(value: value) }

  private static func encoded(_ body: (inout ByteWriter) throws -> Void) throws -> PythonPointer {
    var writer = ByteWriter()
    do { try body(&writer) } catch let error as MessagePackError { throw RayError(.encodingFailed, error.message) }
    let kept = writer.takeKeptObjects()
    defer { withExtendedLifetime(kept) {} }
    let bytes = try writer.withUnsafeBytes { try ToPython.bytes($0) }
    let result = try InProcess.support.decode([bytes])
    Python.api.retain(result.pointer)
    return result.pointer
  }

  // MARK: From Python

  @inline(__always)
  static func value<Value>(_ object: PythonPointer, as type: Value.Type) throws -> Value {
    if Value.self == Int.self { return unsafeBitCast(try int(object), to: Value.self) }
    if Value.self == Double.self { return unsafeBitCast(try double(object), to: Value.self) }
    return try uncommonValue(object, as: type)
  }

  private static func uncommonValue<Value>(_ object: PythonPointer, as type: Value.Type) throws -> Value {
    if type == Void.self { return () as! Value }
    if type == String.self {
      guard FromPython.isString(object) else { throw mismatch(object, type) }
      return FromPython.string(object) as! Value
    }
    if type == Bool.self {
      guard FromPython.isInstance(object, Python.api.boolType) else { throw mismatch(object, type) }
      return FromPython.bool(object) as! Value
    }
    if type == PythonObject.self { return PythonObject(borrowing: object) as! Value }
    if let type = type as? any PythonArrayConvertible.Type, let array = try type.init(pythonObject: object) {
      return array as! Value
    }
    return try decoded(object, as: type)
  }

  private static func int(_ object: PythonPointer) throws -> Int {
    guard FromPython.isExactly(object, Python.api.longType) else { return try decoded(object, as: Int.self) }
    let value = Python.api.long(object)
    if value == -1, Python.api.errorOccurred() != nil { throw overflow(object) }
    return Int(value)
  }

  private static func double(_ object: PythonPointer) throws -> Double {
    guard FromPython.isExactly(object, Python.api.floatType) else { return try decoded(object, as: Double.self) }
    return Python.api.float(object)
  }

  private static func overflow(_ object: PythonPointer) -> RayError {
    Python.api.clearError()
    let text = Python.api.text(object)
    defer { if let text { Python.api.release(text) } }
    return RayError(.decodingFailed, "the result \(text.map(FromPython.string) ?? "") does not fit into an Int")
  }

  private static func mismatch<Value>(_ object: PythonPointer, _ type: Value.Type) -> RayError {
    RayError(.decodingFailed, "the result is no \(type) but a Python \(typeName(object))")
  }

  private static func typeName(_ object: PythonPointer) -> String {
    guard let type = Python.api.type(object) else { return "object" }
    defer { Python.api.release(type) }
    guard let name = Python.api.attribute(type, "__name__") else { return "object" }
    defer { Python.api.release(name) }
    return FromPython.string(name)
  }

  private static func decoded<Value>(_ object: PythonPointer, as type: Value.Type) throws -> Value {
    Python.api.retain(object)
    let bytes = try InProcess.support.encode([object])
    var reader = ByteReader(RawSpan(_unsafeBytes: FromPython.bytes(bytes.pointer)))
    do {
      if let type = type as? any RaySerializable.Type { return try read(type, &reader) as! Value }
      if let type = type as? any Decodable.Type { return try read(type, &reader) as! Value }
    } catch let error as MessagePackError {
      throw RayError(.decodingFailed, "the result is no \(type) but a Python \(typeName(object)): \(error.message)")
    }
    throw RayError(.decodingFailed, "a \(type) cannot be read from Python: make it conform to RayValue (@RayCodable) or Codable")
  }

  private static func read<T: RaySerializable>(_: T.Type, _ reader: inout ByteReader) throws -> Any { try reader.get(T.self) }
  private static func read<T: Decodable>(_: T.Type, _ reader: inout ByteReader) throws -> Any { try reader.get(T.self) }
}

extension FromPython {
  static func isExactly(_ object: PythonPointer, _ type: PythonPointer) -> Bool {
    guard let own = Python.api.type(object) else { return false }
    defer { Python.api.release(own) }
    return own == type
  }
}
