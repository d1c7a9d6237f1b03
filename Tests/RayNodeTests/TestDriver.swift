internal import RayNode
internal import RayProtocol
internal import RayTransport
internal import Testing

/// A driver in this process: a node, a connection to it, and what came over it.
final class TestDriver: EventLoopDelegate, @unchecked Sendable {
  // Sendable: everything mutable is inside the guard.
  let node: NodeManager
  let id: WorkerID
  private let loop: EventLoop
  private let connection: Connection
  private let ownsNode: Bool
  private let state = Guarded(State())

  private struct State {
    var events: [NodeEvent] = []
    var answers: [UInt64: String] = [:]
    var peers: [WorkerID: Connection] = [:]
    var closed: String?
    var nextID: UInt64 = 1
    var waiters: [UInt64: Waiter] = [:]
  }

  private struct Waiter {
    let look: @Sendable (inout State) -> Bool
    let continuation: CheckedContinuation<Void, any Error>
  }

  struct TimedOut: Error, CustomStringConvertible {
    let description: String
  }

  static func configuration(
    cpus: Double = 2, _ change: (inout NodeConfiguration) -> Void = { _ in }
  ) -> NodeConfiguration {
    var configuration = NodeConfiguration()
    configuration.resources = ResourceSet(["CPU": cpus])
    configuration.storeByteCount = 64 << 20
    configuration.forwardsLogs = false
    change(&configuration)
    configuration.environment[WorkerLaunch.foreignVariable] = "1"
    return configuration
  }

  /// Starts a node with this driver.
  convenience init(_ configuration: NodeConfiguration = TestDriver.configuration()) throws {
    let node = try NodeManager(configuration)
    try self.init(node: node, id: node.driverID, socket: try node.start(), ownsNode: true)
  }

  /// Joins a node as another driver.
  convenience init(joining first: TestDriver) throws {
    try self.init(
      node: first.node, id: WorkerID(first.id.rawValue + 1), socket: try first.node.connectDriver(), ownsNode: false)
  }

  private init(node: NodeManager, id: WorkerID, socket: consuming OwnedDescriptor, ownsNode: Bool) throws {
    self.node = node
    self.id = id
    self.ownsNode = ownsNode
    loop = try EventLoop()
    var configuration = Connection.Configuration()
    configuration.acceptsDescriptors = true
    connection = try Connection(adopting: socket, configuration: configuration)
    loop.delegate = self
    try loop.add(connection)
    try loop.start()
    send(.hello(.init(worker: id, processID: 1, token: 0)))
  }

  func stop() {
    if ownsNode { node.stop() }
    loop.shutdown()
  }

  // MARK: Sending

  func send(_ request: NodeRequest) {
    let outbox = Outbox()
    request.append(to: outbox)
    _ = connection.withOutbound { $0.append(outbox.bytes) }
  }

  func sendBytes(_ bytes: [UInt8]) { bytes.withUnsafeBytes { bytes in _ = connection.withOutbound { $0.append(bytes) } } }
  func sendFrame(kind: UInt8) throws { _ = try connection.append(RayTransport::FrameHeader(kind: kind)) }

  func close() { connection.close("the test says so") }

  func demand(
    _ wanted: UInt32, _ amounts: [String: Double] = ["CPU": 1], class id: UInt32 = 1,
    environment: RuntimeEnvironmentID = .inherited
  ) {
    let terms = LeaseTerms(resources: ResourceSet(amounts), environment: environment)
    send(.demand(.init(schedulingClass: .init(id), terms: terms, wantedCount: wanted)))
  }

  /// One lease of a class.
  func lease(
    _ amounts: [String: Double] = ["CPU": 1], class id: UInt32 = 1, environment: RuntimeEnvironmentID = .inherited
  ) async throws -> NodeEvent.LeaseGrant {
    demand(1, amounts, class: id, environment: environment)
    return try await grant()
  }

  func grant() async throws -> NodeEvent.LeaseGrant {
    try await event { if case .granted(let grant) = $0 { grant } else { nil } }
  }

  /// Tells a worker what to do and returns what it answers.
  func command(_ worker: WorkerID, _ text: String) async throws -> String {
    let id = try order(worker, text)
    return try await wait("an answer to '\(text)'") { $0.answers.removeValue(forKey: id) }
  }

  /// Tells a worker what to do that it does not survive.
  @discardableResult func order(_ worker: WorkerID, _ text: String) throws -> UInt64 {
    let (id, peer) = state.withLock { state in
      state.nextID += 1
      return (state.nextID, state.peers[worker])
    }
    let connection = try #require(peer, "no connection to worker \(worker)")
    var text = text
    try text.withUTF8 {
      _ = try connection.append(RayTransport::FrameHeader(kind: FakeFrame.command, id: id), body: UnsafeRawBufferPointer($0))
    }
    return id
  }

  // MARK: Waiting

  /// The first event that matches; it is taken.
  func event<R: Sendable>(_ match: @escaping @Sendable (NodeEvent) -> R?) async throws -> R {
    try await wait("an event") { state in
      for (index, event) in state.events.enumerated() {
        guard let result = match(event) else { continue }
        state.events.remove(at: index)
        return result
      }
      return nil
    }
  }

  func state(of actor: ActorID) async throws -> ActorState {
    try await event { if case .actorState(let status) = $0, status.id == actor { status.state } else { nil } }
  }

  /// Skips states on the way.
  func waitUntil(_ actor: ActorID, _ isIt: @Sendable (ActorState) -> Bool) async throws -> ActorState {
    while true {
      let state = try await state(of: actor)
      if isIt(state) { return state }
    }
  }

  func whyDied(_ worker: WorkerID) async throws -> WorkerDeath? {
    send(.whyDied(RequestID(77), worker))
    return try await event { if case .death(RequestID(77), let death) = $0 { .some(death) } else { .none } }
  }

  func closed() async throws -> String { try await wait("the end of the connection") { $0.closed } }
  func hasEvent(_ match: (NodeEvent) -> Bool) -> Bool { state.withLock { $0.events.contains(where: match) } }

  private func wait<R: Sendable>(
    _ what: String, _ take: @escaping @Sendable (inout State) -> R?
  ) async throws -> R {
    let result = Guarded<R?>(nil)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let id = state.withLock { state -> UInt64? in
        if let value = take(&state) {
          result.withLock { $0 = value }
          return nil
        }
        state.nextID += 1
        state.waiters[state.nextID] = Waiter(
          look: { state in
            guard let value = take(&state) else { return false }
            result.withLock { $0 = value }
            return true
          }, continuation: continuation)
        return state.nextID
      }
      guard let id else { return continuation.resume() }
      loop.schedule(after: .seconds(20)) { [self] in
        let (waiter, events) = state.withLock { ($0.waiters.removeValue(forKey: id), $0.events) }
        waiter?.continuation.resume(throwing: TimedOut(description: "waited for \(what); there were \(events)"))
      }
    }
    return try #require(result.withLock { $0 })
  }

  private func changed(_ change: (inout State) -> Void) {
    let done = state.withLock { state in
      change(&state)
      var done: [CheckedContinuation<Void, any Error>] = []
      for id in state.waiters.keys.sorted() {
        let waiter = state.waiters[id]!
        guard waiter.look(&state) else { continue }
        state.waiters[id] = nil
        done.append(waiter.continuation)
      }
      return done
    }
    for continuation in done { continuation.resume() }
  }

  // MARK: Receiving

  func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError) {
    for frame in batch {
      if connection !== self.connection {
        let text = String(decoding: frame.body, as: UTF8.self)
        changed { $0.answers[frame.id] = text }
        continue
      }
      let header = RayProtocol::FrameHeader(
        bodyByteCount: UInt32(frame.body.count), kind: frame.kind, flags: frame.flags, function: frame.function,
        id: frame.id)
      guard let event = try? NodeEvent(header: header, body: frame.body) else {
        throw TransportError(code: .refused, message: "the node sent a bad event \(frame.kind)")
      }
      try note(event)
    }
  }

  private func note(_ event: NodeEvent) throws(TransportError) {
    if case .peer(let worker) = event {
      guard let descriptor = connection.takeDescriptor() else {
        throw TransportError(code: .refused, message: "no descriptor came with the connection")
      }
      let peer = try Connection(adopting: descriptor)
      try loop.add(peer)
      changed { $0.peers[worker] = peer }
    }
    if case .welcome = event, connection.takeDescriptor() == nil {
      throw TransportError(code: .refused, message: "no object store came with the welcome")
    }
    changed { $0.events.append(event) }
  }

  func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {
    if connection === self.connection { changed { $0.closed = reason.description } }
  }
}

/// Starts a driver with a node, runs the body, and stops both whatever happens.
func withDriver(
  _ configuration: NodeConfiguration = TestDriver.configuration(), _ body: (TestDriver) async throws -> Void
) async throws {
  let driver = try TestDriver(configuration)
  do {
    try await body(driver)
    if let census = driver.node.census() { #expect(census.problems == []) }
  } catch {
    driver.stop()
    throw error
  }
  driver.stop()
}

/// A value behind a lock that the thread sanitizer sees.
final class Guarded<Value>: @unchecked Sendable {
  // Sendable: the value is touched under the lock only, and handed out by closures.
  private let lock = Lock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
