/// Reads MessagePack objects out of bytes that stay where they are.
///
/// ```swift
/// var reader = ByteReader(bytes.span.bytes)
/// let count = try reader.getArrayHeader()
/// let number = try reader.get(Int.self)
/// ```
///
/// The bytes may come from anybody: every length and count is compared with what is left before it is believed, nothing
/// traps, and memory is reserved in proportion to the bytes that are there. A read that throws leaves the position in
/// front of the object it was asked for.
public struct ByteReader: ~Copyable, ~Escapable {
  @usableFromInline let source: RawSpan
  /// How many bytes were read.
  public internal(set) var position: Int {
    @inlinable get { _position }
    set { _position = newValue }
  }
  @usableFromInline var _position: Int
  /// How many containers enclose the next object.
  @usableFromInline var depth: Int
  /// How many bytes containers may still reserve on the strength of a mere count; see ``affordableCount(_:stride:)``.
  @usableFromInline var reservable: Int
  /// Where the bytes came from, for whoever decodes more than bytes; the caller's business.
  @usableFromInline package var context: UnsafeRawPointer?

  /// Containers nested deeper than this are refused, as a guard of the stack.
  @inlinable public static var depthLimit: Int { 1024 }

  /// A reader at the start of `source`.
  @inlinable
  @_lifetime(copy source)
  public init(_ source: RawSpan) {
    self.source = source
    self._position = 0
    self.depth = 0
    self.reservable = source.byteCount &* 8 &+ 256
    self.context = nil
  }

  /// How many bytes are left.
  @inlinable public var remaining: Int { source.byteCount &- _position }

  /// Whether everything was read.
  @inlinable public var isAtEnd: Bool { _position == source.byteCount }

  /// The byte at `offset`, which is known to exist.
  @inlinable
  @inline(__always)
  func byte(at offset: Int) -> UInt8 {
    source.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian number at `offset`, all of which is known to exist.
  @inlinable
  @inline(__always)
  func number<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
    Value(bigEndian: source.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type))
  }

  /// The first byte of the next object.
  @inlinable
  func peekFormat(_ target: @autoclosure () -> String) throws(MessagePackError) -> UInt8 {
    guard _position < source.byteCount else { throw truncated(target()) }
    return byte(at: _position)
  }

  /// The number behind the next object's format byte.
  @inlinable
  @inline(__always)
  func operand<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ target: @autoclosure () -> String
  ) throws(MessagePackError) -> Value {
    guard remaining > MemoryLayout<Value>.size else { throw truncated(target()) }
    return number(at: _position &+ 1, as: type)
  }

  /// How many of the `count` announced elements to reserve memory for.
  ///
  /// Every element takes a byte at least, so counts beyond what is left never get here. All containers together may
  /// still reserve only a small multiple of the bytes: beyond it they grow as elements actually arrive.
  @inlinable
  package mutating func affordableCount(_ count: Int, stride: Int) -> Int {
    let wanted = count.multipliedReportingOverflow(by: stride)
    if !wanted.overflow, wanted.partialValue <= reservable {
      reservable &-= wanted.partialValue
      return count
    }
    let affordable = reservable / Swift.max(stride, 1)
    reservable = 0
    return affordable
  }
}
