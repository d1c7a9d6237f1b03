internal import CRayShims
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Everything here runs on the thread that holds the loop's polling role.
extension Connection {
  enum ReadResult {
    case nothing
    case bytes
    case ended(CloseReason)
  }

  /// One read into the inbound buffer.
  func read() -> ReadResult {
    if isClosing.load(ordering: .acquiring) { return .ended(.closedLocally("")) }
    let room = receiving.pointee.buffer.room
    guard let target = room.baseAddress, room.count > 0 else { return .ended(.closedLocally("the inbound buffer is full")) }
    let result: Int64
    if configuration.acceptsDescriptors {
      var isTruncated = false
      result = readWithDescriptors(target, room.count, &isTruncated)
      if isTruncated { return .ended(.tooManyDescriptors(maximum: configuration.waitingDescriptorCountMax)) }
    } else {
      result = cray_receive(descriptor, target, room.count)
    }
    if result > 0 {
      receiving.pointee.buffer.advance(by: Int(result))
      reads.store(reads.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
      receivedBytes.store(receivedBytes.load(ordering: .relaxed) &+ UInt64(result), ordering: .relaxed)
      return .bytes
    }
    return readStopped(-Int32(truncatingIfNeeded: result))
  }

  private func readStopped(_ errorNumber: Int32) -> ReadResult {
    switch errorNumber {
    case EAGAIN: return .nothing
    case 0, ECONNRESET, EPIPE:
      let partial = receiving.pointee.buffer.count
      return .ended(partial == 0 ? .endOfStream : .truncatedFrame(receivedByteCount: partial))
    default: return .ended(.failed(System.error(errorNumber, "cannot read from descriptor \(descriptor)")))
    }
  }

  private func readWithDescriptors(_ target: UnsafeMutableRawPointer, _ size: Int, _ isTruncated: inout Bool) -> Int64 {
    let capacity = max(0, configuration.waitingDescriptorCountMax - receiving.pointee.descriptors.count)
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity + 1) { raw in
      var count: Int32 = 0
      let result = cray_receive_with_descriptors(
        descriptor, target, size, raw.baseAddress!, Int32(clamping: capacity), &count, &isTruncated)
      if count > 0 { receiving.pointee.descriptors.append(contentsOf: raw.prefix(Int(count))) }
      return result
    }
  }

  /// The next descriptor that the peer sent, in its order. Call from the delegate's callbacks only.
  package func takeDescriptor() -> OwnedDescriptor? {
    guard !receiving.pointee.descriptors.isEmpty else { return nil }
    return OwnedDescriptor(adopting: receiving.pointee.descriptors.removeFirst())
  }

  func noteReceived(_ count: Int) {
    receivedFrames.store(receivedFrames.load(ordering: .relaxed) &+ UInt64(count), ordering: .relaxed)
  }

  /// Closes the descriptor; returns why the connection really ended.
  func finish(_ observed: CloseReason) -> CloseReason {
    outboundLock.lock()
    defer { outboundLock.unlock() }
    sending.pointee.isOpen = false
    sending.pointee.loop = nil
    sending.pointee.buffer.removeAll()
    sending.pointee.hasBackpressure = false
    isClosing.store(true, ordering: .releasing)
    if !sending.pointee.isDescriptorClosed {
      sending.pointee.isDescriptorClosed = true
      OwnedDescriptor.close(descriptor)
    }
    return sending.pointee.closeReason ?? observed
  }
}
