/// Frames on their way to one peer, encoded once into one buffer and written to the socket in batches.
///
/// Holds no lock and does no I/O: whoever owns it serialises access.
package final class Outbox {
  @exclusivity(unchecked) @usableFromInline var base: UnsafeMutableRawPointer
  @exclusivity(unchecked) @usableFromInline var capacity: Int
  @exclusivity(unchecked) @usableFromInline package private(set) var count = 0

  package init(capacity: Int = 4096) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  package var isEmpty: Bool { count == 0 }

  /// The frames collected so far.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Forgets everything; keeps the memory unless a burst made it large.
  package func removeAll() {
    count = 0
    if capacity > 1 << 20 { reallocate(capacity: 65_536) }
  }

  /// Appends a header and room for the body, which the caller fills completely.
  package func frame(
    _ kind: UInt8, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0, bodyByteCount: Int
  ) -> UnsafeMutableRawPointer {
    precondition(
      bodyByteCount <= Int(UInt32.max), "a message body of \(bodyByteCount) bytes cannot be framed")
    reserve(FrameHeader.byteCount + bodyByteCount)
    let start = base + count
    FrameHeader(
      bodyByteCount: UInt32(bodyByteCount), kind: kind, flags: flags, function: function, id: id
    ).write(to: start)
    count += FrameHeader.byteCount + bodyByteCount
    return start + FrameHeader.byteCount
  }

  /// Appends a frame whose body is a copy of `bytes`.
  package func frame(
    _ kind: UInt8, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0,
    body: UnsafeRawBufferPointer
  ) {
    let room = frame(kind, flags: flags, function: function, id: id, bodyByteCount: body.count)
    if let source = body.baseAddress, body.count > 0 {
      room.copyMemory(from: source, byteCount: body.count)
    }
  }

  private func reserve(_ byteCount: Int) {
    guard capacity - count < byteCount else { return }
    reallocate(capacity: max(capacity * 2, count + byteCount))
  }

  private func reallocate(capacity newCapacity: Int) {
    let new = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
    new.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = new
    capacity = newCapacity
  }
}

extension Outbox {
  package func frame(
    _ kind: PeerFrameKind, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0,
    bodyByteCount: Int
  ) -> UnsafeMutableRawPointer {
    frame(kind.rawValue, flags: flags, function: function, id: id, bodyByteCount: bodyByteCount)
  }

  package func frame(_ kind: PeerFrameKind, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0) {
    _ = frame(kind.rawValue, flags: flags, function: function, id: id, bodyByteCount: 0)
  }

  package func frame(
    _ kind: PeerFrameKind, flags: UInt8 = 0, function: UInt16 = 0, id: UInt64 = 0,
    body: UnsafeRawBufferPointer
  ) {
    frame(kind.rawValue, flags: flags, function: function, id: id, body: body)
  }
}
