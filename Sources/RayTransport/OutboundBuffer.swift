/// Bytes on their way out: appended at the tail, sent from the head, compacted instead of growing without bound.
///
/// Positions count from the first byte ever appended, so they stay valid while earlier bytes are sent or moved.
package struct OutboundBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var head = 0
  @usableFromInline var tail = 0
  /// How many bytes were sent and dropped before `base`.
  @usableFromInline var discarded = 0
  @usableFromInline let bodyByteCountMax: Int
  @usableFromInline var appendedFrameCount: UInt64 = 0
  /// Descriptors waiting to be sent together with the byte at their position.
  var attachments: [Attachment] = []

  struct Attachment {
    var position: Int
    var descriptor: Int32
  }

  package init(capacity: Int = 4096, bodyByteCountMax: Int = Int(UInt32.max)) {
    precondition(bodyByteCountMax >= 0 && bodyByteCountMax <= Int(UInt32.max), "a frame's length is 32 bits wide")
    self.capacity = max(64, capacity)
    base = .allocate(byteCount: self.capacity, alignment: 16)
    self.bodyByteCountMax = bodyByteCountMax
  }

  deinit {
    for attachment in attachments { OwnedDescriptor.close(attachment.descriptor) }
    base.deallocate()
  }

  /// Bytes appended and not yet sent.
  @inlinable package var count: Int { tail - head }
  /// The position that the next byte gets.
  @inlinable package var position: Int { discarded + tail }
  /// Everything not yet sent.
  @inlinable package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + head, count: tail - head) }

  /// Frames appended since the buffer was made.
  @inlinable package var frameCount: UInt64 { appendedFrameCount }

  // MARK: Appending

  /// Room for `byteCount` bytes at the tail; write there, then call ``advance(by:)``. Valid until the next call.
  @inlinable package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if capacity - tail < byteCount { makeRoom(for: byteCount) }
    return base + tail
  }

  /// Makes the next `byteCount` bytes, written after ``reserve(_:)``, part of the buffer.
  @inlinable package mutating func advance(by byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= capacity - tail, "more bytes than were reserved")
    tail += byteCount
  }

  @inlinable package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    tail += bytes.count
  }

  /// Appends an integer in little-endian byte order.
  @inlinable package mutating func append<T: FixedWidthInteger>(_ value: T) {
    let size = MemoryLayout<T>.size
    reserve(size).storeBytes(of: value.littleEndian, as: T.self)
    tail += size
  }

  /// Overwrites an integer appended earlier and not yet sent.
  @inlinable package mutating func patch<T: FixedWidthInteger>(_ value: T, at position: Int) {
    let offset = position - discarded
    precondition(offset >= head && offset + MemoryLayout<T>.size <= tail, "only unsent bytes can be patched")
    base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  // MARK: Frames

  /// Where a frame that is being written starts.
  package struct OpenFrame {
    @usableFromInline let position: Int
    @inlinable init(position: Int) { self.position = position }
  }

  /// Appends a header whose length follows in ``endFrame(_:)``; append the body in between.
  @inlinable package mutating func beginFrame(_ header: FrameHeader) -> OpenFrame {
    let frame = OpenFrame(position: position)
    header.store(at: reserve(FrameHeader.byteCount), bodyByteCount: 0)
    tail += FrameHeader.byteCount
    return frame
  }

  /// Completes a frame; one beyond the limit is taken back and refused.
  @inlinable package mutating func endFrame(_ frame: OpenFrame) throws(TransportError) {
    let byteCount = position - frame.position - FrameHeader.byteCount
    if byteCount > bodyByteCountMax {
      truncate(to: frame.position)
      throw frameTooLarge(byteCount)
    }
    patch(UInt32(truncatingIfNeeded: byteCount), at: frame.position)
    appendedFrameCount &+= 1
  }

  @inlinable package mutating func appendFrame(_ header: FrameHeader, body: UnsafeRawBufferPointer) throws(TransportError) {
    guard body.count <= bodyByteCountMax else { throw frameTooLarge(body.count) }
    let target = reserve(FrameHeader.byteCount + body.count)
    header.store(at: target, bodyByteCount: UInt32(truncatingIfNeeded: body.count))
    if let source = body.baseAddress, body.count > 0 {
      (target + FrameHeader.byteCount).copyMemory(from: source, byteCount: body.count)
    }
    tail += FrameHeader.byteCount + body.count
    appendedFrameCount &+= 1
  }

  /// Appends frames that were received or built elsewhere, headers included.
  package mutating func append(_ batch: FrameBatch) {
    append(batch.bytes)
    appendedFrameCount &+= UInt64(batch.count)
  }

  @usableFromInline func frameTooLarge(_ byteCount: Int) -> TransportError {
    TransportError(
      code: .frameTooLarge, message: "a frame of \(byteCount) bytes exceeds the limit of \(bodyByteCountMax) bytes")
  }

  // MARK: Descriptors

  /// Sends a descriptor along with the next byte appended; the peer receives descriptors in the order attached.
  package mutating func attach(_ descriptor: consuming OwnedDescriptor) {
    attachments.append(Attachment(position: position, descriptor: descriptor.release()))
  }

  // MARK: Sending

  /// Drops the first `byteCount` unsent bytes: they are sent.
  mutating func consume(_ byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= count)
    head += byteCount
    if head == tail {
      discarded += tail
      head = 0
      tail = 0
    }
  }

  /// Takes back everything appended since `position`.
  @usableFromInline mutating func truncate(to position: Int) {
    let offset = position - discarded
    precondition(offset >= head && offset <= tail, "only unsent bytes can be taken back")
    tail = offset
    while let last = attachments.last, last.position >= position {
      OwnedDescriptor.close(last.descriptor)
      attachments.removeLast()
    }
  }

  /// Drops everything, sent or not.
  mutating func removeAll() {
    closeAttachments()
    discarded += tail
    head = 0
    tail = 0
  }

  /// Gives memory back that only an unusually large frame needed.
  mutating func shrink(above byteCount: Int) {
    guard count == 0, capacity > byteCount else { return }
    base.deallocate()
    capacity = 4096
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  @usableFromInline @inline(never) mutating func makeRoom(for byteCount: Int) {
    precondition(byteCount >= 0, "a negative number of bytes")
    let live = tail - head
    // Moving pays only while the live part is small against the room it wins; otherwise grow.
    if live + byteCount <= capacity / 2 {
      base.copyMemory(from: base + head, byteCount: live)
    } else {
      let grown = max(capacity * 2, (live + byteCount).roundedUpToPowerOfTwo)
      let target = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
      target.copyMemory(from: base + head, byteCount: live)
      base.deallocate()
      base = target
      capacity = grown
    }
    discarded += head
    head = 0
    tail = live
  }

  private mutating func closeAttachments() {
    for attachment in attachments { OwnedDescriptor.close(attachment.descriptor) }
    attachments.removeAll()
  }
}

extension Int {
  /// The smallest power of two that is not smaller.
  var roundedUpToPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

extension OutboundBuffer {
  /// Moves descriptors whose byte was sent without them to the byte that is sent next.
  mutating func postponeOverdueAttachments(to position: Int) {
    for index in attachments.indices {
      guard attachments[index].position < position else { return }
      attachments[index].position = position
    }
  }
}
