internal import RayObjectStore
internal import RayProtocol
internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// This test program in the worker role: speaks the node's protocol and does what its peers tell it.
@section(".init_array") @used private let fakeWorkerHook: @convention(c) () -> Void = { FakeWorker.enterIfRequested() }

/// Frames between the tests and their workers: a command, and the answer with the same id.
enum FakeFrame {
  static let command: UInt8 = 50
  static let answer: UInt8 = 51
}

final class FakeWorker: EventLoopDelegate, @unchecked Sendable {
  // Sendable: one thread runs everything.
  private let launch: WorkerLaunch
  private let loop: EventLoop
  private let node: Connection
  private var peers: [WorkerID: Connection] = [:]
  private var leaseEventCount: UInt64 = 0
  private var grants: [NodeEvent.LeaseGrant] = []
  private var leased: [AssignedResources] = []
  private var actor: ActorSpec?
  private var store: StoreClient?

  /// How a worker misbehaves at its start: `exit`, `silent`, `token`, `deaf`, `garbage`.
  static let misbehaviour = "FAKE_WORKER"

  static func enterIfRequested() {
    if getenv(FakeDriver.variable) != nil { FakeDriver.run() }
    // All tests are one program: workers of a real engine are none of ours.
    guard getenv(WorkerLaunch.foreignVariable) != nil, let text = getenv(WorkerLaunch.environmentVariable) else { return }
    signal(SIGPIPE, SIG_IGN)
    let mode = getenv(misbehaviour).map { String(cString: $0) } ?? ""
    guard let launch = WorkerLaunch(environmentValue: String(cString: text)) else { _exit(71) }
    switch mode {
    case "exit":
      say("cannot start", to: 2)
      _exit(3)
    case "silent": while true { pause() }
    default: break
    }
    do {
      let worker = try FakeWorker(launch)
      try worker.run(mode)
    } catch {
      say("\(error)", to: 2)
      _exit(72)
    }
  }

  private init(_ launch: WorkerLaunch) throws(TransportError) {
    self.launch = launch
    var configuration = EventLoop.Configuration()
    configuration.isHelperEnabled = false
    loop = try EventLoop(configuration: configuration)
    var connection = Connection.Configuration()
    connection.acceptsDescriptors = true
    node = try Connection(adopting: OwnedDescriptor(adopting: launch.descriptor), configuration: connection)
  }

  private func run(_ mode: String) throws -> Never {
    loop.delegate = self
    try loop.add(node)
    if mode == "garbage" { _ = try node.append(RayTransport::FrameHeader(kind: 200)) }
    let token = mode == "token" ? launch.token &+ 1 : launch.token
    tell(.hello(.init(worker: launch.worker, processID: getpid(), token: token)))
    isDeaf = mode == "deaf"
    loop.run(until: { false })
    _exit(0)
  }

  private var isDeaf = false

  private func tell(_ request: NodeRequest) {
    let outbox = Outbox()
    request.append(to: outbox)
    _ = node.withOutbound { $0.append(outbox.bytes) }
  }

  static func say(_ line: String, to descriptor: Int32 = 1) {
    var text = line + "\n"
    text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
  }

  // MARK: Frames

  func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError) {
    for frame in batch {
      if connection === node {
        let header = RayProtocol::FrameHeader(
          bodyByteCount: UInt32(frame.body.count), kind: frame.kind, flags: frame.flags, function: frame.function,
          id: frame.id)
        guard let event = try? NodeEvent(header: header, body: frame.body) else { _exit(73) }
        try handle(event)
      } else {
        let words = String(decoding: frame.body, as: UTF8.self).split(separator: " ", maxSplits: 1).map(String.init)
        let answer = obey(words[0], words.count > 1 ? words[1] : "")
        var text = answer
        text.withUTF8 {
          let header = RayTransport::FrameHeader(kind: FakeFrame.answer, id: frame.id)
          _ = try? connection.append(header, body: UnsafeRawBufferPointer($0))
        }
      }
    }
  }

  func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {
    if connection === node, !isDeaf { _exit(0) }
    peers = peers.filter { $0.value !== connection }
  }

  private func handle(_ event: NodeEvent) throws(TransportError) {
    switch event {
    case .peer(let worker):
      guard let descriptor = node.takeDescriptor() else { _exit(74) }
      let connection = try Connection(adopting: descriptor)
      try loop.add(connection)
      peers[worker] = connection
    case .welcome(let welcome):
      guard let descriptor = node.takeDescriptor(), let mapping = try? StoreMapping(fileDescriptor: descriptor.raw) else {
        _exit(75)
      }
      store = try? StoreClient(mapping: mapping, identity: welcome.storeSlot)
    case .leased(_, _, _, let assigned):
      leaseEventCount += 1
      leased.append(assigned)
    case .leaseEnded: leaseEventCount += 1
    case .granted(let grant): grants.append(grant)
    case .runActor(let spec, let restartCount, let assigned): host(spec, restartCount, assigned)
    case .terminateActorAfterQueue(let actor): leave(actor)
    case .retire, .shutdown: if !isDeaf { _exit(0) }
    default: break
    }
  }

  private func host(_ spec: ActorSpec, _ restartCount: UInt32, _ assigned: AssignedResources) {
    actor = spec
    leased.append(assigned)
    switch spec.className {
    case "Throwing": tell(.actorCreationFailed(spec.id, error: Array("no luck".utf8)))
    case "Crashing": _exit(5)
    case "CrashingOnce": if restartCount == 0 { _exit(5) } else { tell(.actorCreated(spec.id)) }
    case "Stuck": break
    default: tell(.actorCreated(spec.id))
    }
  }

  private func leave(_ actor: ActorID) {
    tell(.actorExited(actor))
    node.flush()
    _exit(0)
  }

  // MARK: Commands

  private func obey(_ command: String, _ argument: String) -> String {
    switch command {
    case "echo": return argument
    case "pid": return String(getpid())
    case "environment": return getenv(argument).map { String(cString: $0) } ?? "nil"
    case "print": Self.say(argument)
    case "complain": Self.say(argument, to: 2)
    case "exit": _exit(Int32(argument) ?? 1)
    case "abort": abort()
    case "signal": raise(Int32(argument) ?? SIGKILL)
    case "leave": if let actor { leave(actor.id) }
    case "block": tell(.blocked(leaseEventCount: leaseEventCount))
    case "unblock": tell(.unblocked)
    case "demand":
      let terms = LeaseTerms(resources: ResourceSet(["CPU": 1]))
      tell(.demand(.init(schedulingClass: .init(1), terms: terms, wantedCount: UInt32(argument) ?? 0)))
    case "grants": return grants.map { $0.worker.description }.joined(separator: " ")
    case "gpus": return leased.last.map { $0.gpus.map { String($0.index) }.joined(separator: ",") } ?? "none"
    case "garbage": try? _ = node.append(RayTransport::FrameHeader(kind: 99), body: UnsafeRawBufferPointer(start: nil, count: 0))
    case "disconnect":
      isDeaf = true
      node.close("told so")
    case "child": return startChild()
    case "store": return put(argument)
    case "reserve": _ = try? store?.allocate(byteCount: Int(argument) ?? 1, id: StoreObjectID(high: 0, low: 1))
    default: return "what?"
    }
    return "done"
  }

  /// Stores a million bytes for the process with that number; answers with the descriptor's bytes as numbers.
  private func put(_ owner: String) -> String {
    let bytes = [UInt8](repeating: 7, count: 1_000_000)
    let name = StoreObjectID(high: UInt64(owner) ?? launch.worker.rawValue, low: 1)
    guard let descriptor = bytes.withUnsafeBytes({ try? store?.put($0, id: name, timeout: .zero) }) else { return "full" }
    var encoded = [UInt8](repeating: 0, count: StoreDescriptor.encodedByteCount)
    encoded.withUnsafeMutableBytes { descriptor.encode(into: $0) }
    return encoded.map { String($0) }.joined(separator: " ")
  }

  /// A process of the worker's own, in its group.
  private func startChild() -> String {
    var pid = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
    let result = posix_spawnp(&pid, "sleep", nil, nil, &arguments, nil)
    for argument in arguments { free(argument) }
    return result == 0 ? String(pid) : "failed"
  }
}
