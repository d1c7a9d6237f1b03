internal import Testing

@testable internal import RayTransport

@Suite struct OutboundBufferTests {
  @Test func frameBeginsWithItsLittleEndianHeader() throws {
    var buffer = OutboundBuffer()
    let frame = buffer.beginFrame(FrameHeader(kind: 1, flags: 2, function: 0x0403, id: 0x0c0b_0a09_0807_0605))
    buffer.append(UInt16(0xbbaa))
    try buffer.endFrame(frame)
    #expect(Array(buffer.bytes) == [2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xaa, 0xbb])
    #expect(buffer.frameCount == 1)
  }

  @Test func frameBeyondTheLimitIsTakenBackAndTheBufferStaysUsable() throws {
    var buffer = OutboundBuffer(bodyByteCountMax: 8)
    let fits = buffer.beginFrame(FrameHeader(kind: 1))
    buffer.append(UInt64(7))
    try buffer.endFrame(fits)
    let tooLarge = buffer.beginFrame(FrameHeader(kind: 2))
    buffer.append(UInt64(7))
    buffer.append(UInt8(7))
    do throws(TransportError) {
      try buffer.endFrame(tooLarge)
      Issue.record("a frame of 9 bytes passed a limit of 8")
    } catch {
      #expect(error.code == .frameTooLarge)
      #expect(error.message.contains("9 bytes"))
    }
    #expect(buffer.count == 24)
    #expect(buffer.frameCount == 1)
  }

  @Test func patchReachesBytesThatMovedMeanwhile() {
    var buffer = OutboundBuffer(capacity: 64)
    let place = buffer.position
    buffer.append(UInt32(0))
    for _ in 0..<1000 { buffer.append(UInt8(9)) }
    buffer.patch(UInt32(0x0403_0201), at: place)
    #expect(Array(buffer.bytes.prefix(5)) == [1, 2, 3, 4, 9])
  }

  @Test(arguments: [1, 2, 3, 4].map { $0 &* 0x1234_5678_9abc_def1 as UInt64 } + [UInt64.random(in: .min ... .max)])
  func randomAppendsAndPartialSendsKeepEveryByte(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var buffer = OutboundBuffer(capacity: 64)
    var expected: [UInt8] = []
    var sent: [UInt8] = []
    var counter: UInt8 = 0
    for _ in 0..<2000 {
      let byteCount = Int.random(in: 0...200, using: &generator)
      var piece: [UInt8] = []
      for _ in 0..<byteCount {
        piece.append(counter)
        counter &+= 1
      }
      piece.withUnsafeBytes { buffer.append($0) }
      expected += piece
      let taken = Int.random(in: 0...min(buffer.count, 250), using: &generator)
      sent += buffer.bytes.prefix(taken)
      buffer.consume(taken)
    }
    sent += buffer.bytes
    #expect(sent == expected, "seed \(seed)")
  }

  @Test func constantBacklogDoesNotGrowTheBuffer() {
    var buffer = OutboundBuffer(capacity: 4096)
    for _ in 0..<1000 { buffer.append(UInt8(1)) }
    for _ in 0..<100_000 {
      for _ in 0..<100 { buffer.append(UInt8(1)) }
      buffer.consume(100)
    }
    #expect(buffer.capacity == 4096)
  }
}
