/// Received bytes: appended by reads, taken in whole frames, with at most one partial frame left at the end.
struct InboundBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private var head = 0
  private var tail = 0
  private let initialCapacity: Int
  let bodyByteCountMax: Int

  /// Beyond this the buffer goes back to its initial size once it is empty.
  private static let retainedCapacityMax = 1 << 20

  init(capacity: Int, bodyByteCountMax: Int) {
    initialCapacity = max(256, capacity)
    self.capacity = initialCapacity
    self.bodyByteCountMax = bodyByteCountMax
    base = .allocate(byteCount: initialCapacity, alignment: 16)
  }

  deinit { base.deallocate() }

  /// Bytes received and not yet taken.
  var count: Int { tail - head }
  /// Where the next read goes.
  var room: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base + tail, count: capacity - tail) }

  mutating func advance(by byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= capacity - tail)
    tail += byteCount
  }

  enum Violation { case frameTooLarge(byteCount: Int) }

  /// All complete frames at the head; `violation` is set when a header behind them asks for too much.
  func completeFrames(violation: inout Violation?) -> FrameBatch {
    var next = head
    var frameCount = 0
    while tail - next >= FrameHeader.byteCount {
      let length = bodyLength(at: next)
      if length > bodyByteCountMax {
        violation = .frameTooLarge(byteCount: length)
        break
      }
      guard tail - next - FrameHeader.byteCount >= length else { break }
      next += FrameHeader.byteCount + length
      frameCount += 1
    }
    return FrameBatch(bytes: UnsafeRawBufferPointer(start: base + head, count: next - head), count: frameCount)
  }

  /// Drops the frames of a batch and makes room for the rest of a partial one.
  mutating func consume(_ byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= count)
    head += byteCount
    if head == tail {
      head = 0
      tail = 0
      if capacity > Self.retainedCapacityMax { replaceStorage(capacity: initialCapacity) }
    } else {
      makeRoom()
    }
  }

  private func bodyLength(at offset: Int) -> Int {
    Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  private mutating func makeRoom() {
    if head > 0 {
      base.copyMemory(from: base + head, byteCount: count)
      tail -= head
      head = 0
    }
    guard tail == capacity || tail >= FrameHeader.byteCount else { return }
    let needed = tail >= FrameHeader.byteCount ? FrameHeader.byteCount + bodyLength(at: 0) : capacity
    // Doubling follows the bytes that really came: an announced length alone costs the peer nothing and us little.
    guard needed > capacity, tail > capacity / 2 else { return }
    replaceStorage(capacity: min(max(capacity * 2, initialCapacity), needed.roundedUpToPowerOfTwo))
  }

  private mutating func replaceStorage(capacity newCapacity: Int) {
    let target = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
    target.copyMemory(from: base, byteCount: tail)
    base.deallocate()
    base = target
    capacity = newCapacity
  }
}
