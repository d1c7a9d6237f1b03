/// An integer as MessagePack has them: from -2^63 to 2^64 - 1.
@usableFromInline
struct WideInteger: CustomStringConvertible {
  @usableFromInline var bits: UInt64
  @usableFromInline var isNegative: Bool

  @inlinable
  init(_ bits: UInt64, isNegative: Bool = false) {
    self.bits = bits
    self.isNegative = isNegative
  }

  @inlinable
  init(_ value: some SignedInteger & FixedWidthInteger) {
    self.init(UInt64(bitPattern: Int64(value)), isNegative: value < 0)
  }

  /// The same number as `type`, nil when that is too narrow.
  @inlinable
  @inline(__always)
  func exactly<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    isNegative ? Value(exactly: Int64(bitPattern: bits)) : Value(exactly: bits)
  }

  @usableFromInline var description: String { isNegative ? "\(Int64(bitPattern: bits))" : "\(bits)" }
}

extension ByteReader {
  // MARK: Nil and booleans

  /// Whether the next object is nil.
  @inlinable public var isNextNil: Bool { _position < source.byteCount && byte(at: _position) == Format.null }

  /// Steps over nil if that is the next object.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func takeNil() -> Bool {
    guard isNextNil else { return false }
    _position &+= 1
    return true
  }

  /// Reads nil and nothing else.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getNil() throws(MessagePackError) {
    guard takeNil() else { throw mismatch("nil") }
  }

  /// Reads `true` or `false`.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getBool() throws(MessagePackError) -> Bool {
    let format = try peekFormat("Bool")
    guard format | 1 == Format.yes else { throw mismatch("Bool") }
    _position &+= 1
    return format == Format.yes
  }

  // MARK: Integers

  /// Reads an integer of any encoded width into any width that holds it.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getInteger<Value: FixedWidthInteger>(_ type: Value.Type) throws(MessagePackError) -> Value {
    if _position < source.byteCount {
      let format = byte(at: _position)
      if format < 0x80 {
        _position &+= 1
        return Value(truncatingIfNeeded: format)
      }
    }
    let wide = try peekWideInteger("\(type)")
    guard let value = wide.exactly(type) else { throw overflows("\(type)") }
    _position &+= integerSize
    return value
  }

  /// The bytes that the next object takes, which is an integer and complete.
  @inlinable var integerSize: Int {
    let format = byte(at: _position)
    // uint8...uint64 and int8...int64 are 0xcc...0xcf and 0xd0...0xd3: the low bits are the power of two.
    return format & 0xf8 == 0xc8 || format & 0xfc == 0xd0 ? 1 &+ (1 &<< Int(format & 3)) : 1
  }

  @inlinable
  func peekWideInteger(_ target: @autoclosure () -> String) throws(MessagePackError) -> WideInteger {
    let format = try peekFormat(target())
    switch format {
    case 0..<0x80: return WideInteger(UInt64(format))
    case 0xe0...0xff: return WideInteger(Int8(bitPattern: format))
    case Format.uint8: return WideInteger(UInt64(try operand(UInt8.self, target())))
    case Format.uint16: return WideInteger(UInt64(try operand(UInt16.self, target())))
    case Format.uint32: return WideInteger(UInt64(try operand(UInt32.self, target())))
    case Format.uint64: return WideInteger(try operand(UInt64.self, target()))
    case Format.int8: return WideInteger(try operand(Int8.self, target()))
    case Format.int16: return WideInteger(try operand(Int16.self, target()))
    case Format.int32: return WideInteger(try operand(Int32.self, target()))
    case Format.int64: return WideInteger(try operand(Int64.self, target()))
    default: throw mismatch(target())
    }
  }

  // MARK: Floating point

  /// Reads a number; integers are accepted and rounded to the nearest `Double`.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getDouble() throws(MessagePackError) -> Double {
    if remaining >= 9, byte(at: _position) == Format.float64 {
      let value = Double(bitPattern: number(at: _position &+ 1, as: UInt64.self))
      _position &+= 9
      return value
    }
    let value = try peekDouble("Double")
    _position &+= numberSize
    return value
  }

  /// Reads a number and rounds it to the nearest `Float`; a finite number beyond its range overflows.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func getFloat() throws(MessagePackError) -> Float {
    if remaining >= 5, byte(at: _position) == Format.float32 {
      let value = Float(bitPattern: number(at: _position &+ 1, as: UInt32.self))
      _position &+= 5
      return value
    }
    let wide = try peekDouble("Float")
    let value = Float(wide)
    if value.isInfinite, wide.isFinite { throw overflows("Float") }
    _position &+= numberSize
    return value
  }

  /// The bytes that the next object takes, which is a number and complete.
  @usableFromInline var numberSize: Int {
    switch byte(at: _position) {
    case Format.float32: 5
    case Format.float64: 9
    default: integerSize
    }
  }

  @usableFromInline
  func peekDouble(_ target: @autoclosure () -> String) throws(MessagePackError) -> Double {
    switch try peekFormat(target()) {
    case Format.float64: return Double(bitPattern: try operand(UInt64.self, target()))
    case Format.float32: return Double(Float(bitPattern: try operand(UInt32.self, target())))
    default:
      let wide = try peekWideInteger(target())
      return wide.isNegative ? Double(Int64(bitPattern: wide.bits)) : Double(wide.bits)
    }
  }
}
