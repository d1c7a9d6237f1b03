internal import CRayShims
internal import TestSupport
internal import Testing

@testable internal import RayTransport

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct DescriptorPassingTests {
  private static var accepting: Connection.Configuration {
    var configuration = Connection.Configuration()
    configuration.acceptsDescriptors = true
    return configuration
  }

  /// Two loops' ends of one socket, both polled by one loop.
  private func connected(_ loop: EventLoop, _ configuration: Connection.Configuration) throws -> (Connection, Connection) {
    let ends = try socketEnds()
    let a = try Connection(adopting: OwnedDescriptor(adopting: ends.0), configuration: configuration)
    let b = try Connection(adopting: OwnedDescriptor(adopting: ends.1), configuration: configuration)
    try loop.add(a)
    try loop.add(b)
    return (a, b)
  }

  @Test func descriptorsArriveInOrderWithTheirFrames() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    loop.delegate = recorder
    defer { loop.shutdown() }
    let (sender, _) = try connected(loop, Self.accepting)
    let lock = Lock()
    nonisolated(unsafe) var marks: [UInt8] = []
    // Each frame with flag 1 brings a socket on which one byte waits: the frame's id.
    recorder.onBatch = { (batch, connection) throws(TransportError) in
      for frame in batch where frame.flags == 1 {
        guard let descriptor = connection.takeDescriptor() else { throw TransportError(code: .refused, message: "missing") }
        lock.withLock { marks += receiveAll(1, from: descriptor.raw) }
      }
    }
    for id in 0..<20 as Range<UInt8> {
      let ends = try socketEnds()
      let other = OwnedDescriptor(adopting: ends.1)
      sendAll([id], to: other.raw)
      nonisolated(unsafe) var passed = Optional(ends.0)
      _ = sender.withOutbound { buffer in
        let hasDescriptor = id % 3 != 0
        if hasDescriptor { buffer.attach(OwnedDescriptor(adopting: passed.take()!)) }
        let frame = buffer.beginFrame(FrameHeader(kind: 1, flags: hasDescriptor ? 1 : 0, id: UInt64(id)))
        for _ in 0..<Int(id) * 50 { buffer.append(id) }
        try? buffer.endFrame(frame)
      }
      if let raw = passed { _ = OwnedDescriptor(adopting: raw) }
    }
    let isDone = loop.run(until: { recorder.frameCount == 20 }, for: .seconds(20))
    #expect(isDone)
    #expect(recorder.reasons.isEmpty)
    #expect(marks == (0..<20).filter { $0 % 3 != 0 })
  }

  @Test func oneFrameCanCarrySeveralDescriptors() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    loop.delegate = recorder
    defer { loop.shutdown() }
    let (sender, receiver) = try connected(loop, Self.accepting)
    nonisolated(unsafe) var count = 0
    recorder.onBatch = { (_, connection) throws(TransportError) in
      while connection.takeDescriptor() != nil { count += 1 }
    }
    let pair = try SocketPair()
    for _ in 0..<5 {
      let copy = try pair.first.duplicate().release()
      _ = sender.withOutbound { $0.attach(OwnedDescriptor(adopting: copy)) }
    }
    _ = try sender.append(FrameHeader(kind: 1))
    #expect(loop.run(until: { recorder.frameCount == 1 }, for: .seconds(20)))
    #expect(count == 5)
    #expect(receiver.isOpen)
  }

  @Test func unclaimedDescriptorsBeyondTheLimitCloseTheConnection() throws {
    var configuration = Self.accepting
    configuration.waitingDescriptorCountMax = 3
    let loop = try EventLoop()
    let recorder = Recorder()
    loop.delegate = recorder
    defer { loop.shutdown() }
    let (sender, receiver) = try connected(loop, configuration)
    var others: [Int32] = []
    for _ in 0..<4 {
      let ends = try socketEnds()
      others.append(ends.1)
      _ = sender.withOutbound { $0.attach(OwnedDescriptor(adopting: ends.0)) }
      _ = try sender.append(FrameHeader(kind: 1))
    }
    #expect(loop.run(until: { recorder.reasons.contains(.tooManyDescriptors(maximum: 3)) }, for: .seconds(20)))
    #expect(!receiver.isOpen)
    // The end of a stream shows that the last copy of its other end was closed.
    while receiver.takeDescriptor() != nil {}
    for other in others {
      #expect(receiveAll(1, from: other).isEmpty)
      #expect(cray_wait_readable(other, 0) == 1, "a passed descriptor leaked")
      _ = OwnedDescriptor(adopting: other)
    }
  }
}
