internal import CRayShims
internal import TestSupport
internal import Testing

@testable internal import RayTransport

/// Bytes of a peer may be anything, and come in any pieces. `RAY_FUZZ_SECONDS` sets how long, `RAY_FUZZ_SEED` where to start.
@Suite(.serialized, .alone, .timeLimit(.minutes(10))) struct FrameFuzzTests {
  private static let bodyByteCountMax = 5000

  /// What a stream of bytes means, read in the plainest way.
  private struct Expectation {
    var frames: [ReceivedFrame] = []
    var tooLarge: Int?

    init(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while rest.count >= FrameHeader.byteCount {
        let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        if length > bodyByteCountMax {
          tooLarge = length
          return
        }
        guard rest.count >= FrameHeader.byteCount + length else { return }
        let frame = Array(rest.prefix(FrameHeader.byteCount + length))
        frames += frame.withUnsafeBytes { FrameBatch(bytes: $0, count: 1).map { ReceivedFrame($0) } }
        rest = rest.dropFirst(frame.count)
      }
    }
  }

  /// Frames of all sizes around the edges of the buffer, sometimes damaged.
  private func stream(using generator: inout FuzzGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      let size = [0, 1, 15, 16, 239, 240, 241, 1000, 4999, 5000].randomElement(using: &generator)!
      var frame = ReceivedFrame(
        kind: .random(in: 0...255, using: &generator), id: generator.next(),
        body: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) })
      frame.flags = .random(in: 0...255, using: &generator)
      frame.function = .random(in: 0...(.max), using: &generator)
      bytes += encoded(frame)
    }
    if Bool.random(using: &generator) {
      for _ in 0..<Int.random(in: 1...4, using: &generator) { bytes.damage(using: &generator) }
    }
    return bytes
  }

  @Test func anyBytesInAnyPiecesMakeTheSameFrames() {
    Fuzzing.forEachSeed(partOf: 3) { seed in
      var generator = FuzzGenerator(seed: seed)
      let bytes = stream(using: &generator)
      let expected = Expectation(bytes)
      var buffer = InboundBuffer(capacity: 256, bodyByteCountMax: Self.bodyByteCountMax)
      var frames: [ReceivedFrame] = []
      var violation: InboundBuffer.Violation?
      var rest = bytes[...]
      while !rest.isEmpty, violation == nil {
        let room = buffer.room
        if room.isEmpty {
          Issue.record("no room is left, RAY_FUZZ_SEED=\(seed)")
          return
        }
        let piece = rest.prefix(Int.random(in: 1...room.count, using: &generator))
        room.copyBytes(from: piece)
        buffer.advance(by: piece.count)
        rest = rest.dropFirst(piece.count)
        let batch = buffer.completeFrames(violation: &violation)
        frames += batch.map { ReceivedFrame($0) }
        buffer.consume(batch.bytes.count)
        // Memory follows the bytes that came, not the length they announce.
        let bound = 2 * (FrameHeader.byteCount + Self.bodyByteCountMax).roundedUpToPowerOfTwo
        if buffer.count + buffer.room.count > bound { Issue.record("the buffer grew, RAY_FUZZ_SEED=\(seed)") }
      }
      let limit = if case .frameTooLarge(let byteCount)? = violation { byteCount } else { nil as Int? }
      #expect(frames == expected.frames && limit == expected.tooLarge, "RAY_FUZZ_SEED=\(seed)")
    }
  }

  @Test func aConnectionDeliversWhatIsWholeAndEndsWithItsReason() throws {
    try Fuzzing.forEachSeed(partOf: 3) { seed in
      var generator = FuzzGenerator(seed: seed)
      let bytes = stream(using: &generator)
      let expected = Expectation(bytes)
      var configuration = Connection.Configuration()
      configuration.frameByteCountMax = Self.bodyByteCountMax
      configuration.inboundByteCount = 256
      configuration.acceptsDescriptors = Bool.random(using: &generator)
      let fixture = try LoopWithPeer(configuration)
      let cut = Int.random(in: 0...bytes.count, using: &generator)
      sendAll(Array(bytes[..<cut]), to: fixture.peer.raw)
      _ = fixture.loop.run(until: { fixture.recorder.frameCount > 0 }, for: .microseconds(50))
      sendAll(Array(bytes[cut...]), to: fixture.peer.raw)
      fixture.closePeer()
      fixture.wait("the end, RAY_FUZZ_SEED=\(seed)") { !fixture.recorder.reasons.isEmpty }
      #expect(fixture.recorder.frames == expected.frames, "RAY_FUZZ_SEED=\(seed)")
      let whole = expected.frames.reduce(0) { $0 + FrameHeader.byteCount + $1.body.count }
      let partial = bytes.count - whole
      let reason: CloseReason =
        if let tooLarge = expected.tooLarge {
          .frameTooLarge(byteCount: tooLarge, maximum: Self.bodyByteCountMax)
        } else if partial > 0 {
          .truncatedFrame(receivedByteCount: partial)
        } else {
          .endOfStream
        }
      #expect(fixture.recorder.reasons == [reason], "RAY_FUZZ_SEED=\(seed)")
    }
  }

  @Test func faultPlansAreReadOrRefused() {
    let pieces = ["drop", "delay", "cut", "=", "push", ":", "2", "-", "5ms", "@", "0.5", ",", "seed", "in.", "*", "", "é", "-1"]
    Fuzzing.forEachSeed(partOf: 3) { seed in
      var generator = FuzzGenerator(seed: seed)
      var text = ""
      for _ in 0..<Int.random(in: 0...14, using: &generator) { text += pieces.randomElement(using: &generator)! }
      _ = try? FaultPlan(parsing: text, kinds: ["push": 3])
    }
  }
}
