internal import RayProtocol
internal import TestSupport
internal import Testing

/// Damaged messages are refused or read as something else. `RAY_FUZZ_SECONDS` sets how long, `RAY_FUZZ_SEED` where to start.
@Suite(.timeLimit(.minutes(10))) struct NodeMessageFuzzTests {
  @Test func damagedMessagesAreRefusedOrReadWhole() {
    let requests = NodeMessageTests.requests.map { request in NodeBytes.frame { request.append(to: $0) } }
    let events = NodeMessageTests.events.map { event in NodeBytes.frame { event.append(to: $0) } }
    Fuzzing.forEachSeed(partOf: 2) { seed in
      var generator = FuzzGenerator(seed: seed)
      for _ in 0..<50 {
        let bytes = NodeBytes.damaged(using: &generator, from: requests + events)
        NodeBytes.read(bytes, seed: seed)
      }
    }
  }

  @Test func launchesAreReadOrRefused() {
    Fuzzing.forEachSeed(partOf: 2) { seed in
      var generator = FuzzGenerator(seed: seed)
      let launch = WorkerLaunch(worker: WorkerID(generator.next()), token: generator.next())
      var bytes = Array(launch.environmentValue.utf8)
      bytes.damage(using: &generator)
      let text = String(decoding: bytes, as: UTF8.self)
      if let read = WorkerLaunch(environmentValue: text) {
        #expect(WorkerLaunch(environmentValue: read.environmentValue) == read, "RAY_FUZZ_SEED=\(seed)")
      }
    }
  }
}

/// Messages between a process and its node, as bytes.
enum NodeBytes {
  static func frame(_ append: (Outbox) -> Void) -> [UInt8] {
    let outbox = Outbox()
    append(outbox)
    return Array(outbox.bytes)
  }

  /// A frame whose body, kind or identifier is damaged; its length is right, or the transport would have refused it.
  static func damaged(using generator: inout FuzzGenerator, from frames: [[UInt8]]) -> [UInt8] {
    let frame = frames.randomElement(using: &generator)!
    var header = frame.withUnsafeBytes { FrameHeader(reading: $0.baseAddress!) }
    var body = Array(frame[FrameHeader.byteCount...])
    for _ in 0..<Int.random(in: 0...4, using: &generator) { body.damage(using: &generator) }
    if Int.random(in: 0..<4, using: &generator) == 0 { header.kind = .random(in: 0...255, using: &generator) }
    if Int.random(in: 0..<4, using: &generator) == 0 { header.id = generator.next() }
    let outbox = Outbox()
    body.withUnsafeBytes {
      outbox.frame(header.kind, flags: header.flags, function: header.function, id: header.id, body: $0)
    }
    return Array(outbox.bytes)
  }

  /// What can be read can be written again, and takes no more bytes than it came in.
  static func read(_ bytes: [UInt8], seed: UInt64) {
    bytes.withUnsafeBytes { bytes in
      let header = FrameHeader(reading: bytes.baseAddress!)
      let body = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...])
      if let request = try? NodeRequest(header: header, body: body) {
        #expect(frame { request.append(to: $0) }.count <= bytes.count, "RAY_FUZZ_SEED=\(seed)")
      }
      if let event = try? NodeEvent(header: header, body: body) {
        #expect(frame { event.append(to: $0) }.count <= bytes.count, "RAY_FUZZ_SEED=\(seed)")
      }
    }
  }
}
