internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Connection {
  /// Appends frames without sending them; the loop flushes before it waits, or call ``flush()``.
  ///
  /// The closure runs under the connection's lock: it must not use this connection otherwise. When it throws, everything it
  /// appended is taken back.
  ///
  /// - Returns: False, without calling the closure, when the connection has ended.
  @inlinable package func withOutbound<E: Error>(_ body: (inout OutboundBuffer) throws(E) -> Void) throws(E) -> Bool {
    outboundLock.lock()
    guard sending.pointee.isOpen else {
      outboundLock.unlock()
      return false
    }
    let start = sending.pointee.buffer.position
    do throws(E) {
      try body(&sending.pointee.buffer)
    } catch {
      sending.pointee.buffer.truncate(to: start)
      outboundLock.unlock()
      throw error
    }
    finishAppending(from: start)
    return true
  }

  /// Appends one frame; see ``withOutbound(_:)``.
  package func append(_ header: FrameHeader, body: UnsafeRawBufferPointer = .init(start: nil, count: 0)) throws(TransportError)
    -> Bool
  {
    try withOutbound { (buffer: inout OutboundBuffer) throws(TransportError) in try buffer.appendFrame(header, body: body) }
  }

  /// Second half of ``withOutbound(_:)``: gives the lock back and tells the loop, once per flush.
  @usableFromInline func finishAppending(from start: Int) {
    if let faults = sending.pointee.faults { faults.filterOutbound(&sending.pointee.buffer, from: start, on: self) }
    let becomesDirty = !sending.pointee.isDirty && !sending.pointee.waitsForWritability && sending.pointee.buffer.count > 0
    guard becomesDirty, let loop = sending.pointee.loop else {
      outboundLock.unlock()
      return
    }
    sending.pointee.isDirty = true
    outboundLock.unlock()
    loop.markDirty(self)
  }

  /// Hands everything appended to the socket, as far as it takes it. The loop sends the rest when it can.
  package func flush() {
    outboundLock.lock()
    sendPending()
    outboundLock.unlock()
  }

  /// Sends everything appended, waiting as long as the peer takes it, for a process that is about to end: nothing is received
  /// meanwhile. Returns whether all of it was sent.
  package func flush(waitingFor timeout: Duration) -> Bool {
    let deadline = System.now &+ timeout.clampedNanoseconds
    while true {
      outboundLock.lock()
      sending.pointee.faults?.releaseAll(into: &sending.pointee.buffer)
      sending.pointee.waitsForWritability = false
      sendPending()
      let isSent = sending.pointee.buffer.count == 0 && sending.pointee.isOpen
      let goesOn = sending.pointee.buffer.count > 0 && sending.pointee.isOpen
      outboundLock.unlock()
      let now = System.now
      guard goesOn, now < deadline else { return isSent }
      _ = cray_wait_writable(descriptor, Int64(deadline - now))
    }
  }

  /// Sends one frame whose large body stays where it is: header and body go out in one system call.
  ///
  /// Only what the socket does not take at once is copied, so `body` need not outlive the call. Flushes what waits before it.
  package func send(_ header: FrameHeader, largeBody body: UnsafeRawBufferPointer) throws(TransportError) -> Bool {
    outboundLock.lock()
    defer { outboundLock.unlock() }
    guard sending.pointee.isOpen else { return false }
    guard body.count <= sending.pointee.buffer.bodyByteCountMax else { throw sending.pointee.buffer.frameTooLarge(body.count) }
    sendPending()
    let isBlocked = sending.pointee.buffer.count > 0 || sending.pointee.faults != nil
    var remaining = body[...]
    if isBlocked {
      try sending.pointee.buffer.appendFrame(header, body: body)
      if let faults = sending.pointee.faults {
        let start = sending.pointee.buffer.position - FrameHeader.byteCount - body.count
        faults.filterOutbound(&sending.pointee.buffer, from: start, on: self)
      }
    } else {
      sendDirectly(header, &remaining)
    }
    sendPending()
    return true
  }

  private func sendDirectly(_ header: FrameHeader, _ remaining: inout Slice<UnsafeRawBufferPointer>) {
    let body = UnsafeRawBufferPointer(rebasing: remaining)
    withUnsafeTemporaryAllocation(byteCount: FrameHeader.byteCount, alignment: 8) { head in
      header.store(at: head.baseAddress!, bodyByteCount: UInt32(truncatingIfNeeded: body.count))
      var sent = 0
      if let start = body.baseAddress, body.count > 0 {
        sent = Int(cray_send_two(descriptor, head.baseAddress!, head.count, start, body.count))
      }
      noteWrite(sent, of: head.count + body.count)
      sent = max(0, sent)
      sending.pointee.buffer.append(UnsafeRawBufferPointer(rebasing: head[min(sent, head.count)...]))
      sending.pointee.buffer.append(UnsafeRawBufferPointer(rebasing: body[max(0, sent - head.count)...]))
      sending.pointee.buffer.appendedFrameCount &+= 1
    }
  }

  private func noteWrite(_ sent: Int, of wanted: Int) {
    sending.pointee.statistics.writeCount &+= 1
    if sent > 0 { sending.pointee.statistics.sentByteCount &+= UInt64(sent) }
    if sent < wanted { sending.pointee.statistics.shortWriteCount &+= 1 }
  }

  // MARK: Under the lock

  /// Writes until the buffer is empty or the socket full.
  private func sendPending() {
    guard sending.pointee.isOpen, !sending.pointee.waitsForWritability else { return }
    while sending.pointee.buffer.count > 0 {
      let result = sendOnce()
      guard result >= 0 else { return sendStopped(-Int32(truncatingIfNeeded: result)) }
      sending.pointee.buffer.consume(Int(result))
    }
    sending.pointee.buffer.shrink(above: configuration.outboundHighWaterByteCount)
  }

  private func sendOnce() -> Int64 {
    let bytes = sending.pointee.buffer.bytes
    guard let start = bytes.baseAddress else { return 0 }
    let result: Int64
    var wanted = bytes.count
    if sending.pointee.buffer.attachments.isEmpty {
      result = cray_send(descriptor, start, bytes.count)
    } else {
      result = sendWithAttachments(start, &wanted)
    }
    noteWrite(Int(result), of: wanted)
    return result
  }

  /// Descriptors travel with one exact byte, so bytes before it go first and bytes of the next attachment later.
  private func sendWithAttachments(_ start: UnsafeRawPointer, _ wanted: inout Int) -> Int64 {
    let position = sending.pointee.buffer.position - wanted
    let attachments = sending.pointee.buffer.attachments
    let next = attachments[0].position - position
    if next >= wanted { return cray_send(descriptor, start, wanted) }
    if next > 0 {
      wanted = next
      return cray_send(descriptor, start, wanted)
    }
    let group = attachments.prefix { $0.position == position }.prefix(Int(CRAY_DESCRIPTORS_PER_MESSAGE_MAX))
    let isAll = group.count == attachments.count
    // More descriptors for this very byte than fit: send the first ones with it and the others with the byte behind.
    if !isAll { wanted = min(wanted, max(1, attachments[group.count].position - position)) }
    let raw = group.map(\.descriptor)
    let result = cray_send_with_descriptors(descriptor, start, wanted, raw, Int32(raw.count))
    if result > 0 {
      sending.pointee.buffer.attachments.removeFirst(raw.count)
      for descriptor in raw { OwnedDescriptor.close(descriptor) }
      sending.pointee.buffer.postponeOverdueAttachments(to: position + Int(result))
    }
    return result
  }

  private func sendStopped(_ errorNumber: Int32) {
    if errorNumber == EAGAIN || errorNumber == ENOBUFS {
      // Only `becameWritable` clears it, because only there the delegate is told.
      if sending.pointee.buffer.count > configuration.outboundHighWaterByteCount { sending.pointee.hasBackpressure = true }
      sending.pointee.waitsForWritability = true
      sending.pointee.loop?.watch(self, token: sending.pointee.token, forWriting: true)
      return
    }
    // What the peer sent before it went away is still delivered; its end of the stream then finishes the connection.
    let error = System.error(errorNumber, "cannot write to descriptor \(descriptor)")
    if sending.pointee.closeReason == nil, error.code != .closed { sending.pointee.closeReason = .failed(error) }
    sending.pointee.isOpen = false
    sending.pointee.buffer.removeAll()
    cray_shutdown(descriptor)
  }

  // MARK: Called by the loop

  /// Flushes a connection from the loop's list.
  func flushDirty() {
    outboundLock.lock()
    sending.pointee.isDirty = false
    sendPending()
    outboundLock.unlock()
  }

  /// The socket takes bytes again. Returns whether backpressure ended.
  func becameWritable() -> Bool {
    outboundLock.lock()
    defer { outboundLock.unlock() }
    guard sending.pointee.waitsForWritability, sending.pointee.isOpen else { return false }
    sending.pointee.waitsForWritability = false
    sendPending()
    if !sending.pointee.waitsForWritability {
      sending.pointee.loop?.watch(self, token: sending.pointee.token, forWriting: false)
    }
    let ended = sending.pointee.hasBackpressure && sending.pointee.buffer.count <= configuration.outboundLowWaterByteCount
    if ended { sending.pointee.hasBackpressure = false }
    return ended
  }
}
