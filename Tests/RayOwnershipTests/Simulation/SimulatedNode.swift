internal import RayControl
internal import RayOwnership
internal import RayProtocol
internal import RayScheduling

/// The node manager: the real deciding machines, and simulated processes instead of children.
final class SimulatedNode {
  static let id = WorkerID(0)
  static let driver = WorkerID(1)

  unowned let cluster: SimulatedCluster
  var leases: LeaseManager
  var actors = ActorTable()
  var workers = WorkerTable(patience: .milliseconds(20))
  private var timers: [(due: UInt64, body: () -> Void)] = []
  private var greeted: Set<WorkerID> = []

  init(cluster: SimulatedCluster, cpuCount: Int) {
    self.cluster = cluster
    var configuration = LeaseConfiguration(cpuCount: cpuCount, firstWorker: 2)
    configuration.prestartCount = cluster.random.below(cpuCount + 1)
    leases = LeaseManager(
      resources: NodeResources(total: ResourceSet([ResourceSet.cpu: Double(cpuCount)])), configuration: configuration)
  }

  var now: Duration { .nanoseconds(Int64(cluster.now)) }

  func start() {
    decide { leases.start(now: now, actions: &$0) }
  }

  // MARK: Time

  func schedule(after nanoseconds: UInt64, _ body: @escaping () -> Void) { timers.append((cluster.now + nanoseconds, body)) }

  /// When the timer fires. As in the product a timer that was set is not taken back.
  private(set) var armed: UInt64?

  func arm() {
    guard let next = nextDeadline else { return }
    armed = min(armed ?? next, next)
  }

  private var nextDeadline: UInt64? {
    var times = timers.map(\.due)
    for deadline in [leases.nextDeadline(now: now), workers.nextDeadline] {
      if let deadline {
        times.append(
          UInt64(max(0, deadline.components.seconds)) * 1_000_000_000
            + UInt64(max(0, deadline.components.attoseconds / 1_000_000_000)))
      }
    }
    return times.min()
  }

  func timePassed() {
    armed = nil
    let due = timers.filter { $0.due <= cluster.now }
    timers.removeAll { $0.due <= cluster.now }
    for timer in due { timer.body() }
    decide { leases.timePassed(now: now, actions: &$0) }
    for suspicion in workers.timePassed(now: now) { separate(suspicion) }
  }

  // MARK: Machines

  func decide(_ body: (inout [LeaseAction]) -> Void) {
    var actions: [LeaseAction] = []
    body(&actions)
    for action in actions { perform(action) }
  }

  func decideActors(_ body: (inout [ActorAction]) -> Void) {
    var actions: [ActorAction] = []
    body(&actions)
    for action in actions { perform(action) }
  }

  func send(_ event: NodeEvent, to worker: WorkerID) {
    guard let process = cluster.process(worker) else { return }
    let outbox = Outbox(capacity: 256)
    event.append(to: outbox)
    process.fromNode.send(outbox.bytes)
  }

  var problems: [String] { leases.checkInvariants() + actors.checkInvariants() }

  // MARK: Requests

  func receive(_ frame: [UInt8], from worker: WorkerID) {
    let request = frame.withUnsafeBytes { bytes -> NodeRequest? in
      try? NodeRequest(
        header: FrameHeader(reading: bytes.baseAddress!),
        body: UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...]))
    }
    guard let request else { return cluster.report("the node cannot read a message of \(worker.short)") }
    handle(request, from: worker)
    // Requests are idempotent: now and then one comes twice.
    if cluster.options.repeatsRequests, request.mayRepeat, cluster.random.chance(50) { handle(request, from: worker) }
  }

  private func handle(_ request: NodeRequest, from worker: WorkerID) {
    switch request {
    case .hello: welcome(worker)
    case .demand(let demand): decide { leases.leaseDemanded(by: worker, demand, now: now, actions: &$0) }
    case .returnLease(let lease): decide { leases.leaseReturned(lease, by: worker, now: now, actions: &$0) }
    case .blocked(let count): decide { leases.workerBlocked(worker, leaseEventCount: count, now: now, actions: &$0) }
    case .unblocked: decide { leases.workerUnblocked(worker, now: now, actions: &$0) }
    case .retireRefused: decide { leases.retireRefused(worker, now: now, actions: &$0) }
    case .connect(let other, let isRepeated):
      decide { leases.peerRequested(by: worker, other, isRepeated: isRepeated, actions: &$0) }
    case .whyDied(let request, let other):
      if let reply = workers.whyDied(other, client: worker, request: request, now: now) {
        send(.death(reply.request, reply.death), to: reply.client)
      }
    case .accuse: cluster.report("\(worker.short) accuses somebody")
    case .freeStored(let bytes): freeStored(bytes)
    case .keepStored(let creator, let bytes): keepStored(bytes, of: creator, for: worker)
    default: handleActor(request, from: worker)
    }
  }

  private func handleActor(_ request: NodeRequest, from worker: WorkerID) {
    decideActors { actions in
      switch request {
      case .createActor(let request, let spec): actors.createActor(spec, request: request, actions: &actions)
      case .actorReady(let actor, let creation): actors.actorReady(actor, creation: creation, actions: &actions)
      case .actorCreated(let actor): actors.actorCreated(actor, by: worker, actions: &actions)
      case .actorCreationFailed(let actor, let error):
        actors.actorCreationFailed(actor, error: error, by: worker, actions: &actions)
      case .actorExited(let actor): actors.actorExited(actor, by: worker, actions: &actions)
      case .killActor(let actor, let noRestart): actors.killActor(actor, noRestart: noRestart, actions: &actions)
      case .releaseActor(let actor): actors.releaseActor(actor, actions: &actions)
      case .watchActor(let actor):
        let isAlive = actor.creator == Self.driver || workers.isAlive(actor.creator)
        actors.watchActor(actor, by: worker, creatorIsAlive: isAlive, actions: &actions)
      default: break
      }
    }
  }

  private func freeStored(_ bytes: [UInt8]) {
    let descriptor = bytes.withUnsafeBytes { StoredDescriptor(reading: $0.baseAddress!) }
    let creator = WorkerID(descriptor.creator)
    // Its creator lives, and the owner takes it for dead: as in the product nothing happens before it is.
    if cluster.model.separated.contains(creator), isKnown(creator) || cluster.store.isFreed(descriptor) { return }
    cluster.note("the node frees block \(descriptor.words.0)")
    cluster.store.free(descriptor, by: "the node")
  }

  /// What a dead process stored for an owner that never heard of it.
  private func keepStored(_ bytes: [UInt8], of creator: WorkerID, for owner: WorkerID) {
    let known = stride(from: 0, to: bytes.count, by: StoredDescriptor.byteCount).map { start in
      bytes[start...].withUnsafeBytes { StoredDescriptor(reading: $0.baseAddress!).words.0 }
    }
    for number in cluster.store.left(by: creator, for: owner) where !known.contains(number) {
      cluster.note("the node frees block \(number), of which \(owner.short) knows nothing")
      cluster.store.free(number, by: "the node")
    }
  }

  /// Values whose owner is dead too go, the others' owners are asked.
  private func inherit(from worker: WorkerID) {
    for number in cluster.store.orphans(isGone: { !isKnown($0) }) { cluster.store.free(number, by: "the node") }
    for owner in cluster.store.owners(ofValuesBy: worker) { send(.inherited(worker), to: owner) }
  }

  private func isKnown(_ worker: WorkerID) -> Bool { worker == Self.driver || workers.isAlive(worker) }

  private func welcome(_ worker: WorkerID) {
    guard greeted.insert(worker).inserted else { return }
    let isDriver = worker == Self.driver
    workers.processStarted(worker, role: isDriver ? .driver : .worker, processID: Int32(worker.rawValue), now: now)
    decide { actions in
      if isDriver { leases.clientJoined(worker) } else { leases.workerStarted(worker, now: now, actions: &actions) }
    }
  }

  /// The parent learns that its child is dead.
  func processEnded(_ worker: WorkerID, _ exit: WorkerExit) {
    let death = WorkerDeath(worker: worker, processID: Int32(worker.rawValue), exit: exit)
    let replies = workers.processDied(death)
    decide { leases.workerExited(worker, reason: "\(exit)", now: now, actions: &$0) }
    decideActors { actors.processDied(death, actions: &$0) }
    inherit(from: worker)
    for reply in replies { send(.death(reply.request, reply.death), to: reply.client) }
  }
}

extension NodeRequest {
  fileprivate var mayRepeat: Bool {
    switch self {
    case .demand, .returnLease, .connect, .createActor, .releaseActor, .watchActor, .actorCreated: true
    default: false
    }
  }
}
