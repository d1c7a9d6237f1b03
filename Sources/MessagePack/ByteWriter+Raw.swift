#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Bytes without a meaning: frames, headers that are filled in later, and the queue of a connection.
extension ByteWriter {
  /// The bytes that were written and not consumed.
  @inlinable
  public func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base + head, count: count))
  }

  /// The bytes that were written and not consumed, to change in place.
  @inlinable
  package mutating func withUnsafeMutableBytes<Result, Failure>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableRawBufferPointer(start: base + head, count: count))
  }

  /// Makes room for `byteCount` bytes and says where they go; ``advance(_:)`` makes what was filled count.
  @inlinable
  package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if capacity &- end < byteCount { makeRoom(for: byteCount) }
    return base + end
  }

  /// Counts `byteCount` bytes that were filled in behind the last byte.
  @inlinable
  package mutating func advance(_ byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= capacity &- end, "advance beyond what was reserved")
    end &+= byteCount
  }

  /// How many bytes can be written before the storage has to move.
  @inlinable package var spareCapacity: Int { capacity &- end }

  /// Appends an integer in little-endian order, as frames hold them.
  @inlinable
  package mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(littleEndian value: Value) {
    reserve(MemoryLayout<Value>.size).storeBytes(of: value.littleEndian, as: Value.self)
    end &+= MemoryLayout<Value>.size
  }

  /// Appends bytes as they are.
  @inlinable
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    let target = reserve(bytes.count)
    if bytes.count >= BulkCopier.byteCountMin, !ownsStorage, let bulkCopier {
      bulkCopier.copy(bytes, target)
    } else {
      target.copyMemory(from: source, byteCount: bytes.count)
    }
    end &+= bytes.count
  }

  /// Appends bytes as they are.
  @inlinable
  package mutating func append(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Overwrites the four bytes at `offset` (counted from the first byte that was not consumed).
  @inlinable
  package mutating func patch(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset <= count &- 4, "patch outside of what was written")
    (base + head + offset).storeBytes(of: value.littleEndian, as: UInt32.self)
  }

  /// Cuts off everything behind the first `newCount` bytes.
  package mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "truncation cannot grow a writer")
    end = head + newCount
  }

  /// Drops `byteCount` bytes from the front, such as those a socket took.
  @inlinable
  package mutating func consume(_ byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= count, "more bytes consumed than written")
    head &+= byteCount
    alignmentBase &-= byteCount
    if head == end {
      head = 0
      end = 0
    }
  }

  /// Empties the writer: bytes, references, kept objects and failure; the settings stay.
  package mutating func removeAll(keepingCapacity: Bool = true) {
    if !keepingCapacity, ownsStorage {
      if capacity > 0 { free(base) }
      abandonStorage()
    }
    head = 0
    end = 0
    depth = 0
    alignmentBase = 0
    failure = nil
    if !references.isEmpty { references = [] }
    if !keptObjects.isEmpty { keptObjects = [] }
  }

  /// Hands over the block with the bytes, which the caller frees with `free`; the writer is empty afterwards.
  ///
  /// Returns nil when there is no block of the writer's own: nothing written yet, or the bytes are in lent storage.
  package mutating func takeStorage() -> (block: UnsafeMutableRawBufferPointer, bytes: Range<Int>)? {
    guard ownsStorage, capacity > 0 else { return nil }
    let taken = (UnsafeMutableRawBufferPointer(start: base, count: capacity), head..<end)
    abandonStorage()
    return taken
  }
}
