internal import RayOwnership
internal import RayProtocol
internal import TestSupport
internal import Testing

/// Real frames of a simulated cluster, damaged and delivered to the machines they were meant for: refused, ignored or taken for
/// something else, but never a trap and never memory that the bytes did not pay for. `RAY_FUZZ_SECONDS` sets how long,
/// `RAY_FUZZ_SEED` where to start.
@Suite(.timeLimit(.minutes(10))) struct PeerFrameFuzzTests {
  @Test func damagedFramesOfARealRunNeverTrap() {
    Fuzzing.forEachSeed { seed in
      var generator = FuzzGenerator(seed: seed)
      var options = SimulatedCluster.Options()
      options.steps = Int.random(in: 100...600, using: &generator)
      options.actors = true
      options.cancels = true
      let cluster = SimulatedCluster(seed: seed, options: options)
      var frames: [[UInt8]] = []
      cluster.onDelivery = { frames.append($0) }
      cluster.runPrograms()
      if let problem = cluster.problem { Issue.record("\(problem), RAY_FUZZ_SEED=\(seed)") }
      // From here on nothing is as it should be.
      cluster.isLawless = true
      guard !frames.isEmpty else { return }
      for process in cluster.processes {
        for peer in process.machine.peers.values.sorted(by: { $0.id < $1.id }) where !peer.isClosed {
          attack(process, as: peer, with: frames, &generator, seed)
        }
        process.machine.failEverything(RayError(.shutDown, "the end"))
      }
    }
  }

  private func attack(
    _ process: SimulatedProcess, as peer: Peer, with frames: [[UInt8]], _ generator: inout FuzzGenerator, _ seed: UInt64
  ) {
    for _ in 0..<60 {
      let frame = damaged(frames.randomElement(using: &generator)!, &generator, process, peer)
      let before = outputCount(process)
      var isRefused = false
      frame.withUnsafeBytes { bytes in
        let body = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...])
        let header = FrameHeader(reading: bytes.baseAddress!)
        process.use { machine in
          do throws(CoreMachine.FrameRefusal) { try machine.receive(header, body, from: peer) } catch { isRefused = true }
        }
      }
      // One frame may call for many answers, all of which belong to what was there before it came.
      let produced = outputCount(process) - before
      if produced > (1 << 20) + 64 * frame.count {
        Issue.record("\(frame.count) bytes made \(produced) more, RAY_FUZZ_SEED=\(seed)")
      }
      if isRefused, Int.random(in: 0..<8, using: &generator) == 0 { break }
      if Int.random(in: 0..<4, using: &generator) == 0 { runSomething(process) }
    }
    process.use { $0.peerClosed(peer.id) }
    process.use { $0.workerDied(peer.id, cause: RayError(.workerCrashed, "it sent nonsense")) }
  }

  /// A call that came in ends at once, whatever it was.
  private func runSomething(_ process: SimulatedProcess) {
    guard let call = process.machine.takeRunnableCall() else { return }
    process.use { machine in
      if call.isStream { _ = machine.mayYield(call) }
      [UInt8]([1, 2, 3]).withUnsafeBytes { machine.finish(call, flags: 0, inline: $0, duration: 1000) }
    }
    process.use { $0.tick() }
  }

  private func outputCount(_ process: SimulatedProcess) -> Int {
    process.machine.peers.values.reduce(process.nodeOutbox.bytes.count) { $0 + $1.outbox.bytes.count }
  }

  /// Names of objects and tasks that exist do more harm than random ones.
  private func damaged(
    _ frame: [UInt8], _ generator: inout FuzzGenerator, _ process: SimulatedProcess, _ peer: Peer
  ) -> [UInt8] {
    var header = frame.withUnsafeBytes { FrameHeader(reading: $0.baseAddress!) }
    var body = Array(frame[FrameHeader.byteCount...])
    for _ in 0..<Int.random(in: 0...3, using: &generator) { body.damage(using: &generator) }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: header.id = generator.next()
    case 1: header.id = UInt64.random(in: 0..<40, using: &generator) | 1 << 32
    case 2: header.kind = PeerFrameKind.allCases.randomElement(using: &generator)!.rawValue
    case 3: header.flags = .random(in: 0...255, using: &generator)
    case 4: header.function = .random(in: 0...3, using: &generator)
    default: break
    }
    let outbox = Outbox()
    body.withUnsafeBytes {
      outbox.frame(header.kind, flags: header.flags, function: header.function, id: header.id, body: $0)
    }
    return Array(outbox.bytes)
  }
}
