internal import CRayShims
internal import TestSupport
internal import Testing

@testable internal import RayTransport

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct ConnectionTests {
  @Test func framesArriveInOrderWithTheirFields() throws {
    let fixture = try LoopWithPeer()
    var first = ReceivedFrame(kind: 7, id: 1, body: [1, 2, 3])
    first.flags = 0xf0
    first.function = 0xfffe
    let empty = ReceivedFrame(kind: 255, id: .max)
    sendAll(encoded(first) + encoded(empty), to: fixture.peer.raw)
    fixture.wait("two frames") { fixture.recorder.frameCount == 2 }
    #expect(fixture.recorder.frames == [first, empty])
  }

  @Test(arguments: [11, 12, 13, UInt64.random(in: .min ... .max)])
  func framesSurviveAnySplitOfTheStream(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var configuration = Connection.Configuration()
    configuration.inboundByteCount = 256
    let fixture = try LoopWithPeer(configuration)
    let sizes = [0, 1, 15, 16, 17, 239, 240, 241, 5000, 70_000]
    let frames = (0..<60).map { index in
      ReceivedFrame(
        kind: UInt8(index), id: UInt64(index), body: (0..<sizes.randomElement(using: &generator)!).map { UInt8($0 & 255) })
    }
    var rest = frames.flatMap { encoded($0) }[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...20_000, using: &generator))
      rest = rest.dropFirst(piece.count)
      let readBefore = fixture.connection.statistics.receivedByteCount
      sendAll(Array(piece), to: fixture.peer.raw)
      fixture.wait("a piece") { fixture.connection.statistics.receivedByteCount == readBefore + UInt64(piece.count) }
    }
    #expect(fixture.recorder.frames == frames, "seed \(seed)")
  }

  @Test func largeFrameGrowsTheInboundBufferAndComesWhole() throws {
    let fixture = try LoopWithPeer()
    let frame = ReceivedFrame(kind: 1, id: 2, body: (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let bytes = encoded(frame)
    let peer = fixture.peer.raw
    let sender = try Thread { sendAll(bytes, to: peer) }
    fixture.wait("the large frame") { fixture.recorder.frameCount == 1 }
    sender.join()
    #expect(fixture.recorder.frames == [frame])
    #expect(fixture.connection.receiving.pointee.buffer.room.count == 64 << 10, "the memory is given back")
  }

  @Test func announcedLengthAloneDoesNotTakeMemory() throws {
    var configuration = Connection.Configuration()
    configuration.frameByteCountMax = 1 << 30
    let fixture = try LoopWithPeer(configuration)
    sendAll([0, 0, 0, 0x3f, 1, 0, 0, 0] + Array(repeating: 0, count: 8), to: fixture.peer.raw)
    fixture.wait("the header") { fixture.connection.statistics.receivedByteCount == 16 }
    #expect(fixture.connection.receiving.pointee.buffer.room.count < 1 << 20)
  }

  @Test func frameBeyondTheLimitClosesAfterTheFramesBeforeIt() throws {
    var configuration = Connection.Configuration()
    configuration.frameByteCountMax = 100
    let fixture = try LoopWithPeer(configuration)
    let good = ReceivedFrame(kind: 1, id: 1, body: Array(repeating: 5, count: 100))
    sendAll(encoded(good) + encoded(ReceivedFrame(kind: 2, id: 2, body: Array(repeating: 5, count: 101))), to: fixture.peer.raw)
    fixture.wait("the close") { !fixture.recorder.reasons.isEmpty }
    #expect(fixture.recorder.frames == [good])
    #expect(fixture.recorder.reasons == [.frameTooLarge(byteCount: 101, maximum: 100)])
    #expect(!fixture.connection.isOpen)
  }

  @Test func badFrameClosesThatConnectionAndHarmsNoOther() throws {
    let fixture = try LoopWithPeer()
    let ends = try socketEnds()
    let other = try Connection(adopting: OwnedDescriptor(adopting: ends.0))
    let otherPeer = OwnedDescriptor(adopting: ends.1)
    try fixture.loop.add(other)
    fixture.recorder.onBatch = { (batch, connection) throws(TransportError) in
      for frame in batch where frame.kind == 66 { throw TransportError(code: .refused, message: "kind 66") }
    }
    sendAll(encoded(ReceivedFrame(kind: 66, id: 0)), to: fixture.peer.raw)
    fixture.wait("the close") { fixture.recorder.reasons == [.refused("kind 66")] }
    sendAll(encoded(ReceivedFrame(kind: 1, id: 77)), to: otherPeer.raw)
    fixture.wait("the other connection's frame") { fixture.recorder.frames.last?.id == 77 }
    #expect(other.isOpen)
  }

  @Test(arguments: [
    (0, CloseReason.endOfStream), (3, .truncatedFrame(receivedByteCount: 3)), (18, .truncatedFrame(receivedByteCount: 18)),
  ])
  func endOfTheStreamIsReportedOnceAfterTheLastFrame(partialByteCount: Int, expected: CloseReason) throws {
    let fixture = try LoopWithPeer()
    let whole = ReceivedFrame(kind: 1, id: 1)
    let partial = encoded(ReceivedFrame(kind: 2, id: 2, body: [1, 2, 3, 4])).prefix(partialByteCount)
    sendAll(encoded(whole) + partial, to: fixture.peer.raw)
    fixture.closePeer()
    fixture.wait("the end") { !fixture.recorder.reasons.isEmpty }
    fixture.loop.run(until: { false }, for: .milliseconds(5))
    #expect(fixture.recorder.frames == [whole])
    #expect(fixture.recorder.reasons == [expected])
  }

  @Test func closingHereIsReportedWithItsReasonAndDeliversNothingMore() throws {
    let fixture = try LoopWithPeer()
    sendAll(encoded(ReceivedFrame(kind: 1, id: 1)), to: fixture.peer.raw)
    fixture.connection.close("no longer needed")
    #expect(!fixture.connection.withOutbound { $0.append(UInt8(0)) })
    fixture.wait("the close") { !fixture.recorder.reasons.isEmpty }
    #expect(fixture.recorder.reasons == [.closedLocally("no longer needed")])
    #expect(fixture.recorder.frames.isEmpty)
    #expect(receiveAll(1, from: fixture.peer.raw).isEmpty)
  }

  @Test func appendedFramesAreFlushedBeforeTheLoopWaits() throws {
    let fixture = try LoopWithPeer()
    let frames = (0..<100).map { ReceivedFrame(kind: 3, id: $0, body: [UInt8($0)]) }
    for frame in frames {
      let sent = try frame.body.withUnsafeBytes { try fixture.connection.append(FrameHeader(kind: 3, id: frame.id), body: $0) }
      #expect(sent)
    }
    fixture.loop.run(until: { false }, for: .milliseconds(1))
    let expected = frames.flatMap { encoded($0) }
    #expect(receiveAll(expected.count, from: fixture.peer.raw) == expected)
    #expect(fixture.connection.statistics.writeCount == 1, "a hundred frames are one system call")
  }

  @Test func aLastFlushWaitsUntilThePeerHasTakenEverything() throws {
    let fixture = try LoopWithPeer(socketByteCount: 8 << 10)
    let frames = (0..<200).map { ReceivedFrame(kind: 3, id: $0, body: [UInt8](repeating: UInt8($0), count: 5000)) }
    for frame in frames {
      let isTaken = try frame.body.withUnsafeBytes { try fixture.connection.append(FrameHeader(kind: 3, id: frame.id), body: $0) }
      #expect(isTaken)
    }
    let expected = frames.flatMap { encoded($0) }
    let isUnread = fixture.connection.flush(waitingFor: .milliseconds(5))
    #expect(!isUnread, "nobody reads: the time is over")
    let peer = fixture.peer.raw
    let received = ReceivedBytes()
    let reader = try Thread { received.bytes = receiveAll(expected.count, from: peer) }
    let isSent = fixture.connection.flush(waitingFor: .seconds(20))
    reader.join()
    #expect(isSent)
    #expect(received.bytes == expected)
  }

  @Test func aLastFlushEndsWithThePeer() throws {
    let fixture = try LoopWithPeer(socketByteCount: 8 << 10)
    let body = [UInt8](repeating: 1, count: 1_000_000)
    _ = try body.withUnsafeBytes { try fixture.connection.append(FrameHeader(kind: 3, id: 1), body: $0) }
    fixture.closePeer()
    let isSent = fixture.connection.flush(waitingFor: .seconds(60))
    #expect(!isSent)
  }

  private final class ReceivedBytes: @unchecked Sendable {
    // Sendable: written by one thread and read after it was joined.
    var bytes: [UInt8] = []
  }

  @Test func throwingClosureTakesItsBytesBack() throws {
    struct Refusal: Error {}
    let fixture = try LoopWithPeer()
    _ = try fixture.connection.append(FrameHeader(kind: 1, id: 1))
    #expect(throws: Refusal.self) {
      _ = try fixture.connection.withOutbound { (buffer: inout OutboundBuffer) throws(Refusal) in
        _ = buffer.beginFrame(FrameHeader(kind: 2))
        throw Refusal()
      }
    }
    fixture.connection.flush()
    #expect(fixture.connection.statistics.sentByteCount == 16)
  }

  @Test func shortWritesContinueWhenThePeerReadsAndBackpressureEnds() throws {
    var configuration = Connection.Configuration()
    configuration.outboundHighWaterByteCount = 1 << 20
    let fixture = try LoopWithPeer(configuration)
    let body = [UInt8](repeating: 0xab, count: 10_000)
    for id in 0..<500 {
      _ = try body.withUnsafeBytes { try fixture.connection.append(FrameHeader(kind: 1, id: UInt64(id)), body: $0) }
    }
    fixture.connection.flush()
    #expect(fixture.connection.hasBackpressure)
    #expect(fixture.connection.statistics.shortWriteCount > 0)
    // Small bites, so that writes fall short again above, between and below the two marks.
    let byteCount = 500 * (body.count + 16)
    var received = 0
    while received < byteCount {
      received += receiveAll(min(50_000, byteCount - received), from: fixture.peer.raw).count
      fixture.loop.run(until: { false }, for: .microseconds(200))
    }
    #expect(received == byteCount)
    #expect(fixture.recorder.drainCount == 1)
    #expect(!fixture.connection.hasBackpressure)
  }

  @Test(arguments: [0, 1, 70_000, 3_000_000])
  func largeBodyIsSentBehindWhatWaits(byteCount: Int) throws {
    let fixture = try LoopWithPeer()
    let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    _ = try fixture.connection.append(FrameHeader(kind: 1, id: 1))
    let sent = try body.withUnsafeBytes { try fixture.connection.send(FrameHeader(kind: 2, id: 2), largeBody: $0) }
    #expect(sent)
    _ = try fixture.connection.append(FrameHeader(kind: 3, id: 3))
    let expected = encoded(.init(kind: 1, id: 1)) + encoded(.init(kind: 2, id: 2, body: body)) + encoded(.init(kind: 3, id: 3))
    let peer = fixture.peer.raw
    let isEqual = Flag()
    let isRead = Flag()
    let loop = fixture.loop
    let reader = try Thread {
      if receiveAll(expected.count, from: peer) == expected { isEqual.set() }
      isRead.set()
      loop.notify()
    }
    fixture.wait("the reader") { isRead.isSet }
    reader.join()
    #expect(isEqual.isSet)
  }

  @Test func vanishedPeerIsReportedAfterWhatItSent() throws {
    let fixture = try LoopWithPeer()
    sendAll(encoded(.init(kind: 1, id: 1)), to: fixture.peer.raw)
    fixture.closePeer()
    _ = try fixture.connection.append(FrameHeader(kind: 9))
    fixture.connection.flush()  // EPIPE: no signal, no loss of what came before.
    fixture.wait("the end") { !fixture.recorder.reasons.isEmpty }
    #expect(fixture.recorder.frames.map(\.id) == [1])
    #expect(fixture.recorder.reasons == [.endOfStream])
  }
}
