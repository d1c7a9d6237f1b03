internal import CRayShims
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import RayTransport

/// Two loops with threads and helpers of their own exchange numbered frames while random jobs keep their threads.
@Suite(.serialized, .alone, .timeLimit(.minutes(3))) struct TakeoverStressTests {
  private static let connectionCount = 3
  private static let frameCountPerConnection: UInt64 = 4000

  @Test(arguments: [1, 2, UInt64.random(in: .min ... .max)])
  func noFrameIsLostOrReorderedWhateverTheJobsDo(seed: UInt64) throws {
    let client = try StressSide(seed: seed, echoes: false, connectionCount: Self.connectionCount)
    let server = try StressSide(seed: seed &+ 1, echoes: true, connectionCount: Self.connectionCount)
    for index in 0..<Self.connectionCount {
      let ends = try socketEnds()
      try client.add(OwnedDescriptor(adopting: ends.0), number: index)
      try server.add(OwnedDescriptor(adopting: ends.1), number: index)
    }
    try client.loop.start()
    try server.loop.start()
    for side in [client, server] { side.startDisturbing() }
    for index in 0..<Self.connectionCount { client.startSending(on: index, count: Self.frameCountPerConnection) }
    let expected = UInt64(Self.connectionCount) * Self.frameCountPerConnection
    let isComplete = client.loop.run(
      until: { client.receivedCount.load(ordering: .sequentiallyConsistent) == expected }, for: .seconds(60))
    for side in [client, server] { side.stopsDisturbing.set() }
    let takeovers = (client.loop.takeoverCount, server.loop.takeoverCount)
    client.loop.shutdown()
    server.loop.shutdown()
    #expect(isComplete, "seed \(seed): \(client.receivedCount.load(ordering: .relaxed)) of \(expected) frames")
    for side in [client, server] {
      #expect(side.disorderCount.load(ordering: .relaxed) == 0, "seed \(seed)")
      #expect(side.overlapCount.load(ordering: .relaxed) == 0, "seed \(seed)")
    }
    #expect(takeovers.0 > 0 && takeovers.1 > 0, "seed \(seed): the helpers had nothing to do")
  }
}

private final class StressSide: EventLoopDelegate, @unchecked Sendable {
  // Sendable: `next` is touched in delegate callbacks only, which never overlap; the rest is constant or atomic.
  let loop: EventLoop
  let echoes: Bool
  let stopsDisturbing = Flag()
  let receivedCount = Atomic<UInt64>(0)
  let disorderCount = Atomic<Int>(0)
  let overlapCount = Atomic<Int>(0)
  private let callbackCount = Atomic<Int>(0)
  private var connections: [Connection] = []
  private var next: [UInt64]
  private let seed: UInt64

  init(seed: UInt64, echoes: Bool, connectionCount: Int) throws {
    var configuration = EventLoop.Configuration()
    configuration.helperTick = .milliseconds(1)
    loop = try EventLoop(configuration: configuration)
    self.echoes = echoes
    self.seed = seed
    next = Array(repeating: 0, count: connectionCount)
    loop.delegate = self
  }

  func add(_ socket: consuming OwnedDescriptor, number: Int) throws {
    let connection = try Connection(adopting: socket)
    connections.append(connection)
    try loop.add(connection)
  }

  func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError) {
    if callbackCount.add(1, ordering: .acquiringAndReleasing).newValue != 1 { overlapCount.add(1, ordering: .relaxed) }
    defer { callbackCount.subtract(1, ordering: .acquiringAndReleasing) }
    let index = connections.firstIndex(of: connection)!
    for frame in batch {
      if frame.id != next[index] { disorderCount.add(1, ordering: .relaxed) }
      next[index] = frame.id + 1
      receivedCount.add(1, ordering: .sequentiallyConsistent)
    }
    if echoes { _ = connection.withOutbound { $0.append(batch) } }
  }

  func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {}

  /// One sender per connection: a task of short steps with pauses in random places.
  func startSending(on index: Int, count: UInt64) {
    let connection = connections[index]
    Task(executorPreference: loop) { [loop, seed] in
      var generator = SeededGenerator(seed: seed &+ UInt64(index) &* 977)
      var id: UInt64 = 0
      while id < count {
        for _ in 0..<UInt64.random(in: 1...20, using: &generator) where id < count {
          _ = try? connection.append(FrameHeader(kind: 1, id: id))
          id += 1
        }
        if Int.random(in: 0..<20, using: &generator) == 0 { connection.flush() }
        if Int.random(in: 0..<100, using: &generator) == 0 { loop.requestWork() }
        await Task.yield()
      }
    }
  }

  /// Jobs between nothing and 6 ms, announced or not, from the loop itself.
  func startDisturbing() {
    Task(executorPreference: loop) { [loop, seed, stopsDisturbing] in
      var generator = SeededGenerator(seed: seed &* 31)
      while !stopsDisturbing.isSet {
        let isLong = Int.random(in: 0..<4, using: &generator) == 0
        let isAnnounced = isLong && Bool.random(using: &generator)
        if isAnnounced { loop.enteringLongWork() }
        let end = cray_now_ns() + UInt64.random(in: 0...(isLong ? 6_000_000 : 50_000), using: &generator)
        while cray_now_ns() < end {}
        if isAnnounced { loop.leftLongWork() }
        await Task.yield()
      }
    }
  }

  func loopRunsWork(_ loop: EventLoop) {
    let end = cray_now_ns() + 3_000_000
    while cray_now_ns() < end {}
  }
}
