public import MessagePack
public import RayEngine

/// An argument of a remote call: a value, or a reference to one.
///
/// Calls with up to four parameters take either directly; longer ones take `.ref(r)`, `.value(x)` and literals.
public enum Arg<Value> {
  case value(Value)
  case ref(ObjectRef<Value>)
}

extension Arg: Sendable where Value: Sendable {}

extension ArgumentWriter {
  /// Appends an argument; called by generated code.
  @inlinable
  public mutating func append<Value: RaySerializable>(_ argument: borrowing Arg<Value>) throws {
    switch copy argument {
    case .value(let value): try self.value(value)
    case .ref(let reference): self.reference(reference.argumentHandle)
    }
  }

  /// Appends an argument that is `Codable` only.
  @_disfavoredOverload
  @inlinable
  public mutating func append<Value: Encodable>(_ argument: borrowing Arg<Value>) throws {
    switch copy argument {
    case .value(let value): try self.value(value)
    case .ref(let reference): self.reference(reference.argumentHandle)
    }
  }

  /// Appends an argument whose type has no codec of its own, such as a tuple.
  @inlinable
  public mutating func append<Value>(
    _ argument: borrowing Arg<Value>, encode: (Value, inout ByteWriter) throws -> Void
  ) throws {
    switch copy argument {
    case .value(let value): try self.value { (writer: inout ByteWriter) in try encode(value, &writer) }
    case .ref(let reference): self.reference(reference.argumentHandle)
    }
  }

  /// Catches types that cannot be sent, with a message that says what to do.
  @available(
    *, unavailable,
    message: "this parameter's type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public mutating func append<Value>(_ argument: borrowing Arg<Value>) throws { fatalError("unavailable") }
}

extension ObjectRef {
  @usableFromInline var argumentHandle: ObjectHandle { handle }
}

// MARK: - Literals

extension Arg: ExpressibleByIntegerLiteral where Value: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Value.IntegerLiteralType) { self = .value(Value(integerLiteral: value)) }
}

extension Arg: ExpressibleByFloatLiteral where Value: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Value.FloatLiteralType) { self = .value(Value(floatLiteral: value)) }
}

extension Arg: ExpressibleByBooleanLiteral where Value: ExpressibleByBooleanLiteral {
  public init(booleanLiteral value: Value.BooleanLiteralType) { self = .value(Value(booleanLiteral: value)) }
}

extension Arg: ExpressibleByNilLiteral where Value: ExpressibleByNilLiteral {
  public init(nilLiteral: ()) { self = .value(Value(nilLiteral: ())) }
}

extension Arg: ExpressibleByArrayLiteral where Value: RangeReplaceableCollection {
  public init(arrayLiteral elements: Value.Element...) { self = .value(Value(elements)) }
}

extension Arg: ExpressibleByUnicodeScalarLiteral where Value: ExpressibleByUnicodeScalarLiteral {
  public init(unicodeScalarLiteral value: Value.UnicodeScalarLiteralType) { self = .value(Value(unicodeScalarLiteral: value)) }
}

extension Arg: ExpressibleByExtendedGraphemeClusterLiteral where Value: ExpressibleByExtendedGraphemeClusterLiteral {
  public init(extendedGraphemeClusterLiteral value: Value.ExtendedGraphemeClusterLiteralType) {
    self = .value(Value(extendedGraphemeClusterLiteral: value))
  }
}

extension Arg: ExpressibleByStringLiteral where Value: ExpressibleByStringLiteral {
  public init(stringLiteral value: Value.StringLiteralType) { self = .value(Value(stringLiteral: value)) }
}
