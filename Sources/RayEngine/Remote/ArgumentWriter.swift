public import MessagePack
internal import RayProtocol

/// Collects the arguments of one call: `count u16`, then per argument `tag u8 | byte count u32 | bytes`.
///
/// Generated code appends one argument after the other. Small calls allocate nothing.
public struct ArgumentWriter: ~Copyable {
  @usableFromInline package var bytes: ByteWriter
  /// Arguments that are references themselves; kept alive until the call is submitted.
  package private(set) var direct: [ObjectHandle] = []
  @usableFromInline package private(set) var count: UInt16 = 0

  @usableFromInline package static let inlineTag: UInt8 = 0
  package static let referenceTag: UInt8 = 1
  package static let storedTag: UInt8 = 2

  package init(_ storage: UnsafeMutableRawBufferPointer) {
    bytes = ByteWriter(borrowing: storage)
    bytes.append(littleEndian: UInt16(0))
  }

  /// Appends an argument by value.
  @inlinable
  public mutating func value<T: RaySerializable>(_ value: borrowing T) throws {
    let start = beginValue()
    bytes.put(nested: value)
    try end(start)
  }

  /// Appends an argument by value.
  @_disfavoredOverload
  @inlinable
  public mutating func value<T: Encodable>(_ value: T) throws {
    let start = beginValue()
    bytes.put(nested: value)
    try end(start)
  }

  /// Appends an argument that `encode` writes as exactly one object.
  @inlinable
  public mutating func value(_ encode: (inout ByteWriter) throws -> Void) throws {
    let start = beginValue()
    try encode(&bytes)
    try end(start)
  }

  /// Appends an argument whose value is what the reference refers to when the call starts.
  public mutating func reference(_ handle: ObjectHandle) {
    let start = begin(Self.referenceTag)
    bytes.append(littleEndian: handle.id.owner.rawValue)
    bytes.append(littleEndian: handle.id.index)
    bytes.append(littleEndian: UInt64(0))
    bytes.patch(UInt32(bytes.count - start), at: start - 4)
    direct.append(handle)
  }

  @usableFromInline
  mutating func beginValue() -> Int { begin(Self.inlineTag) }

  /// Writes the head with an empty byte count; returns where the argument's bytes start.
  @inline(__always)
  private mutating func begin(_ tag: UInt8) -> Int {
    precondition(count < .max, "a call cannot have more than 65,535 arguments")
    count += 1
    bytes.append(littleEndian: tag)
    bytes.append(littleEndian: UInt32(0))
    bytes.alignmentBase = bytes.count
    return bytes.count
  }

  @usableFromInline
  mutating func end(_ start: Int) throws {
    guard bytes.failure == nil, let byteCount = UInt32(exactly: bytes.count &- start) else { throw encodingFailure() }
    bytes.patch(byteCount, at: start &- 4)
  }

  private func encodingFailure() -> RayError {
    if let failure = bytes.failure { return RayError(.encodingFailed, "argument \(count - 1): \(failure.message)") }
    return RayError(.encodingFailed, "argument \(count - 1) has more than 4 GiB; put it into the store and pass the reference")
  }

  /// Fills in the count; nothing may be appended afterwards.
  package mutating func finish() {
    let total = count
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: total.littleEndian, as: UInt16.self) }
  }
}
