internal import RayOwnership
internal import RayProtocol

/// One process: a core worker's machine, and around it what its sockets and threads do, one step at a time.
final class SimulatedProcess {
  let id: WorkerID
  unowned let cluster: SimulatedCluster
  private(set) var machine: CoreMachine! = nil
  let nodeOutbox = Outbox(capacity: 256)
  let toNode: SimulatedNetwork.Channel
  let fromNode: SimulatedNetwork.Channel
  var connections: [WorkerID: SimulatedNetwork.Channel] = [:]
  var peers: [WorkerID: Peer] = [:]

  // What the shell remembers between messages.
  var nextRequest: UInt64 = 1
  var deathRequests: [RequestID: WorkerID] = [:]
  var registrations: [RequestID: ActorID] = [:]
  var progress = LeaseProgress()
  var isBlockedReported = false
  var blockedReportCount: UInt64 = 0
  var nextTick: UInt64?
  var hosted: HostedActor?

  /// Calls, constructors and the driver's own threads, in the order they started.
  var executions: [Execution] = []
  /// References in global variables or in the actor's memory.
  var kept: [Handle] = []
  var queues: [String: TaskQueue] = [:]
  var lastCounts = ""

  struct HostedActor {
    let id: ActorID
    let concurrencyMax: Int
    let holdsCPU: Bool
    var isReady = false
    var isEnding = false
  }

  init(id: WorkerID, cluster: SimulatedCluster) {
    self.id = id
    self.cluster = cluster
    toNode = .init(from: id, to: SimulatedNode.id, isOpen: true)
    fromNode = .init(from: SimulatedNode.id, to: id, isOpen: true)
    machine = CoreMachine(
      me: id, node: SimulatedNodePort(self), store: SimulatedStorePort(self), encodeError: SimulatedError.encode)
  }

  var isDriver: Bool { id == SimulatedNode.driver }

  /// Everything that touches the machine goes through here, as in the product: decide first, wake and cancel afterwards.
  @discardableResult
  func use<R>(_ body: (CoreMachine) -> R) -> R {
    machine.now = cluster.now
    let result = body(machine)
    let wakeups = machine.wakeups
    let cancellations = machine.cancellations
    machine.wakeups = []
    machine.cancellations = []
    _ = machine.takeFlushHint()
    if nextTick == nil, machine.needsTicks { nextTick = cluster.now + 5_000_000 }
    noteWatched()
    for waiter in wakeups { waiter.wake() }
    for (call, force) in cancellations { cancel(call, force) }
    return result
  }

  private func cancel(_ call: ExecutionCall, _ force: Bool) {
    cluster.note("\(id.short) cancels its call \(call.token)\(force ? " by force" : "")")
    if force { return cluster.crashLater(self) }
    for execution in executions where execution.call === call { execution.cancel() }
  }

  // MARK: Polling

  /// What the event loop does before it waits: say whether everything is suspended, then write.
  func poll() {
    noteIdleness()
    for peer in machine.takeDirtyPeers() {
      guard let channel = connections[peer.id] else { continue }
      channel.send(peer.outbox.bytes)
      peer.outbox.removeAll()
    }
    toNode.send(nodeOutbox.bytes)
    nodeOutbox.removeAll()
  }

  var wantsPoll: Bool { machine.hasOutput || !nodeOutbox.isEmpty || idlenessIsNews }

  private var isBlocked: Bool {
    guard executions.allSatisfy(\.isSuspended) else { return false }
    guard let hosted else { return machine.runningCount > 0 && !machine.hasRunnableCalls }
    if !hosted.isReady { return !executions.isEmpty }
    // As in the product: a living actor that holds no CPU has none to lend.
    return hosted.holdsCPU && machine.runningCount > 0
      && !(machine.hasRunnableCalls && machine.runningCount < hosted.concurrencyMax)
  }

  private var idlenessIsNews: Bool {
    let isBlocked = isBlocked
    return isBlocked != isBlockedReported || (isBlocked && blockedReportCount != progress.startedCount)
  }

  private func noteIdleness() {
    guard idlenessIsNews else { return }
    isBlockedReported = isBlocked
    blockedReportCount = progress.startedCount
    send(isBlockedReported ? .blocked(leaseEventCount: progress.startedCount) : .unblocked)
  }

  func send(_ request: NodeRequest) { request.append(to: nodeOutbox) }

  func makeRequest() -> RequestID {
    nextRequest += 1
    return RequestID(nextRequest)
  }

  // MARK: Frames of peers

  func receive(_ frame: [UInt8], from worker: WorkerID) {
    guard let peer = peers[worker] else { return }
    frame.withUnsafeBytes { bytes in
      let header = FrameHeader(reading: bytes.baseAddress!)
      let body = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...])
      use { machine in
        do throws(CoreMachine.FrameRefusal) {
          try machine.receive(header, body, from: peer)
        } catch {
          cluster.report("\(id.short) refused a frame of \(worker.short): \(error)")
        }
      }
    }
  }

  func connectionEnded(_ worker: WorkerID) {
    connections[worker] = nil
    peers[worker] = nil
    use { $0.peerClosed(worker) }
  }

  func tick() {
    nextTick = nil
    use { $0.tick() }
  }
}

/// The machine's requests, as frames to the node.
private final class SimulatedNodePort: NodePort {
  private unowned let process: SimulatedProcess

  init(_ process: SimulatedProcess) { self.process = process }

  func demand(classID: UInt32, terms: LeaseTerms, wanted: Int) {
    process.send(
      .demand(LeaseDemand(schedulingClass: .init(classID), terms: terms, wantedCount: UInt32(clamping: wanted))))
  }

  func returnLease(_ id: UInt64) { process.send(.returnLease(LeaseID(id))) }
  func connect(_ worker: WorkerID) { process.send(.connect(worker, isRepeated: false)) }

  func askWhyDied(_ worker: WorkerID) {
    let request = process.makeRequest()
    process.deathRequests[request] = worker
    process.send(.whyDied(request, worker))
  }

  func createActor(_ specification: ActorSpec) {
    let request = process.makeRequest()
    process.registrations[request] = specification.id
    process.send(.createActor(request, specification))
  }

  func watchActor(_ id: ActorID) { process.send(.watchActor(id)) }
  func releaseActor(_ id: ActorID) { process.send(.releaseActor(id)) }

  func freeStored(_ descriptor: StoredDescriptor) {
    process.send(.freeStored(withUnsafeBytes(of: descriptor) { Array($0) }))
  }

  func keepStored(_ descriptors: [StoredDescriptor], of creator: WorkerID) {
    process.send(.keepStored(creator: creator, descriptors.flatMap { withUnsafeBytes(of: $0) { Array($0) } }))
  }
}

private final class SimulatedStorePort: StorePort {
  private unowned let process: SimulatedProcess

  init(_ process: SimulatedProcess) { self.process = process }

  func free(_ descriptor: StoredDescriptor) {
    if descriptor.creator != process.id.rawValue { process.cluster.report("\(process.id.short) freed a block of another") }
    process.cluster.note("\(process.id.short) frees block \(descriptor.words.0)")
    process.cluster.store.free(descriptor, by: process.id.short)
  }
}
