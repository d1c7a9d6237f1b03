internal import RayOwnership
internal import RayProtocol
internal import Testing

/// Bytes of another process may be anything: they are refused or ignored, never trapped on.
@Suite struct HostileFrameTests {
  @Test(arguments: 0..<20) func randomBytesNeverTrap(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let own = bench.put(0)
    let stored = bench[0].put(bench.stored(1, by: 0, references: [own]))
    let foreign = bench.put(1)
    bench[0].adopt(foreign)
    let results = (0..<4).map { _ in bench.submit(0, queue, nested: [own], retries: 3) }
    bench.settle()
    let peer = try #require(bench[0].peers[Bench.id(1)])
    let interesting: [UInt64] = [own.index, stored.index, foreign.index, results[0].index, 0, 1, .max, 1 << 32, 1 << 63]
    for _ in 0..<2000 {
      let kind = random.chance(950) ? random.pick(PeerFrameKind.allCases)!.rawValue : UInt8(random.below(256))
      let body = randomBody(&random, interesting)
      body.withUnsafeBytes { bytes in
        let header = FrameHeader(
          bodyByteCount: UInt32(bytes.count), kind: kind, flags: UInt8(random.below(16)),
          function: UInt16(random.below(3)), id: random.pick(interesting)!)
        // A refusal is one permitted answer, to do nothing the other.
        try? bench[0].receive(header, bytes, from: peer)
      }
      if random.chance(300), let call = bench.start(0) {
        _ = bench[0].mayYield(call)
        bench.finish(0, call)
      }
      _ = bench[0].takeDirtyPeers()
    }
    bench[0].peerClosed(peer.id)
    bench[0].failEverything(RayError(.shutDown, "the end"))
  }

  private func randomBody(_ random: inout SeededRandom, _ interesting: [UInt64]) -> [UInt8] {
    var body: [UInt8] = []
    for _ in 0..<random.below(10) {
      switch random.below(4) {
      case 0: withUnsafeBytes(of: random.pick(interesting)!) { body += Array($0) }
      case 1: withUnsafeBytes(of: UInt32(random.below(4))) { body += Array($0) }
      case 2: body.append(UInt8(random.below(256)))
      default: withUnsafeBytes(of: UInt32.max) { body += Array($0) }
      }
    }
    return body
  }

  @Test func whatIsCutOffIsRefused() throws {
    let bench = Bench(2)
    let peer = try #require(bench[0].peers[Bench.id(1)])
    for kind in [PeerFrameKind.done, .streamItem, .object, .returnBorrow, .freeStored, .push] {
      let header = FrameHeader(bodyByteCount: 1, kind: kind.rawValue)
      #expect(throws: CoreMachine.FrameRefusal.self) {
        try [UInt8(1)].withUnsafeBytes { try bench[0].receive(header, $0, from: peer) }
      }
    }
    let unknown = FrameHeader(bodyByteCount: 0, kind: 63)
    #expect(throws: CoreMachine.FrameRefusal.self) { try bench[0].receive(unknown, .init(start: nil, count: 0), from: peer) }
  }
}
