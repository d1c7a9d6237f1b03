internal import CRayShims
internal import Synchronization
internal import Testing

@testable internal import RayTransport

/// A frame that outlives its batch.
struct ReceivedFrame: Sendable, Hashable {
  var kind: UInt8
  var flags: UInt8 = 0
  var function: UInt16 = 0
  var id: UInt64
  var body: [UInt8] = []

  init(kind: UInt8, id: UInt64, body: [UInt8] = []) {
    self.kind = kind
    self.id = id
    self.body = body
  }

  init(_ frame: Frame) {
    self.init(kind: frame.kind, id: frame.id, body: Array(frame.body))
    flags = frame.flags
    function = frame.function
  }
}

/// Keeps everything a loop reports, and checks that callbacks never overlap.
final class Recorder: EventLoopDelegate, @unchecked Sendable {
  // Sendable: everything mutable is guarded by `lock`; the closures are set before the loop runs.
  private let lock = Lock()
  private var storedFrames: [ReceivedFrame] = []
  private var storedReasons: [CloseReason] = []
  private var storedDrainCount = 0
  private let callbackCount = Atomic<Int>(0)
  let overlapCount = Atomic<Int>(0)
  let workCount = Atomic<Int>(0)

  var onBatch: (@Sendable (FrameBatch, Connection) throws(TransportError) -> Void)?
  var onWillPoll: (@Sendable () -> Void)?
  var onWork: (@Sendable () -> Void)?
  var keepsFrames = true

  var frames: [ReceivedFrame] { lock.withLock { storedFrames } }
  var frameCount: Int { lock.withLock { storedFrames.count } }
  var reasons: [CloseReason] { lock.withLock { storedReasons } }
  var drainCount: Int { lock.withLock { storedDrainCount } }

  func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError) {
    enter()
    defer { leave() }
    if keepsFrames { lock.withLock { storedFrames.append(contentsOf: batch.lazy.map { ReceivedFrame($0) }) } }
    try onBatch?(batch, connection)
  }

  func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {
    enter()
    lock.withLock { storedReasons.append(reason) }
    leave()
  }

  func loop(_ loop: EventLoop, didDrain connection: Connection) {
    enter()
    lock.withLock { storedDrainCount += 1 }
    leave()
  }

  func loopWillPoll(_ loop: EventLoop) {
    enter()
    onWillPoll?()
    leave()
  }

  func loopRunsWork(_ loop: EventLoop) {
    workCount.add(1, ordering: .relaxed)
    onWork?()
  }

  private func enter() {
    if callbackCount.add(1, ordering: .acquiringAndReleasing).newValue != 1 { overlapCount.add(1, ordering: .relaxed) }
  }

  private func leave() { callbackCount.subtract(1, ordering: .acquiringAndReleasing) }
}

/// A loop with a recorder and one connection whose other end the test holds as a raw socket.
struct LoopWithPeer: ~Copyable {
  let loop: EventLoop
  let recorder: Recorder
  let connection: Connection
  var peer: OwnedDescriptor

  init(
    _ configuration: Connection.Configuration = .init(), loop loopConfiguration: EventLoop.Configuration = .init(),
    socketByteCount: Int = 0
  ) throws {
    let ends = try socketEnds(byteCount: socketByteCount)
    // Everything that can throw comes before the first stored property.
    let connection = try Connection(adopting: OwnedDescriptor(adopting: ends.0), configuration: configuration)
    let loop = try EventLoop(configuration: loopConfiguration)
    try loop.add(connection)
    self.connection = connection
    self.loop = loop
    recorder = Recorder()
    peer = OwnedDescriptor(adopting: ends.1)
    loop.delegate = recorder
  }

  deinit { loop.shutdown() }

  /// Runs the loop until the condition holds; a test must not hang, so there is a limit that only a failure reaches.
  func wait(_ what: String, sourceLocation: SourceLocation = #_sourceLocation, until isDone: () -> Bool) {
    let happened = loop.run(until: isDone, for: .seconds(20))
    #expect(happened, "never happened: \(what)", sourceLocation: sourceLocation)
  }

  func closePeer() { cray_shutdown(peer.raw) }
}

func socketEnds(byteCount: Int = 0) throws -> (Int32, Int32) {
  let pair = try SocketPair(bufferByteCount: byteCount)
  return (try pair.first.duplicate().release(), try pair.second.duplicate().release())
}

/// The bytes of one frame as a peer would send them.
func encoded(_ frame: ReceivedFrame) -> [UInt8] {
  var buffer = OutboundBuffer()
  let header = FrameHeader(kind: frame.kind, flags: frame.flags, function: frame.function, id: frame.id)
  frame.body.withUnsafeBytes { try! buffer.appendFrame(header, body: $0) }
  return Array(buffer.bytes)
}

/// Sends everything from a plain socket, waiting when it is full.
func sendAll(_ bytes: [UInt8], to descriptor: Int32) {
  _ = cray_set_nonblocking(descriptor, false)
  var sent = 0
  while sent < bytes.count {
    let result = bytes[sent...].withUnsafeBytes { sendBlocking(descriptor, $0) }
    guard result > 0 else { return }
    sent += result
  }
}

/// Reads exactly `count` bytes from a plain socket, or what came before its end.
func receiveAll(_ count: Int, from descriptor: Int32) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  var received = 0
  while received < count {
    guard cray_wait_readable(descriptor, 20_000_000_000) == 1 else { break }
    let result = bytes[received...].withUnsafeMutableBytes { cray_receive(descriptor, $0.baseAddress!, $0.count) }
    guard result > 0 else { break }
    received += Int(result)
  }
  return Array(bytes.prefix(received))
}

private func sendBlocking(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  while true {
    let result = cray_send(descriptor, bytes.baseAddress!, bytes.count)
    if result != -11 { return Int(result) }
    cray_yield()
  }
}

/// A repeatable source of choices; print its seed with every expectation that depends on it.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  let seed: UInt64

  init(seed: UInt64 = UInt64.random(in: .min ... .max)) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A flag shared by closures.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
  func set() { value.store(true, ordering: .sequentiallyConsistent) }
}
