internal import CRayShims
internal import RayControl
package import RayProtocol
internal import RayScheduling
package import RayTransport
internal import Synchronization

/// The node: worker processes, leases, actors and the object store of one machine, on a thread of its own.
///
/// ```swift
/// let node = try NodeManager(configuration)
/// let socket = try node.start()              // the driver's, who is node.driverID
/// …
/// node.stop()                                // every worker has ended and is reaped
/// ```
/// The manager only carries out what the machines decide: ``LeaseManager`` who works for whom, ``ActorTable`` which actors live,
/// ``WorkerTable`` who died of what. Clients speak ``NodeRequest`` and hear ``NodeEvent``.
package final class NodeManager: @unchecked Sendable {
  // Sendable: constant, atomic, or touched in callbacks of `loop` only, which never overlap: the loop has no helper thread.

  package let id: NodeID
  package let configuration: NodeConfiguration
  let loop: EventLoop
  let store: Store
  private let startedAt: UInt64
  /// Numbers of processes start here, different for each node.
  let firstProcess: UInt64

  // MARK: State of the loop's thread

  var leases: LeaseManager
  var actors: ActorTable
  var workers: WorkerTable
  var jobs = JobTable()
  var clients: [WorkerID: NodeClient] = [:]
  var clientsByConnection: [ObjectIdentifier: NodeClient] = [:]
  var environments: [RuntimeEnvironmentID: [NodeRequest.EnvironmentVariable]] = [:]
  /// Actors whose restart waits for its time.
  var delayedPlacements: [(time: Duration, actor: ActorID)] = []
  var logs: LogForwarder
  var outOfMemoryKillCount = ControlGroup.outOfMemoryKillCount

  /// Decided and not done yet.
  var leaseActions: [LeaseAction] = []
  var actorActions: [ActorAction] = []
  var isSettling = false
  var timer: (id: TimerID, time: Duration)?
  var isStopping = false
  let scratch = Outbox()

  // MARK: State of all threads

  let nextDriver = Atomic<UInt64>(0)
  let nextStoreIdentity = Atomic<UInt32>(1)
  let isStopRequested = Atomic<Bool>(false)
  let isStopped = Atomic<Bool>(false)

  /// Starts the processes that are kept ready and returns the driver's end of its connection, before they are up.
  ///
  /// The driver says `hello` as ``driverID`` with token 0: nobody else can have this socket.
  package func start() throws(RayError) -> OwnedDescriptor {
    let link = try connectDriver()
    do {
      try loop.start()
    } catch {
      throw RayError(.systemLimit, "cannot start the node: \(error.message)")
    }
    store.startWarmer()
    // On the loop's thread: it starts the workers, and they end with the thread that started them.
    loop.execute { [self] in begin() }
    return link
  }

  package init(_ configuration: NodeConfiguration) throws(RayError) {
    Host.raiseDescriptorLimit()
    self.configuration = configuration
    var random = SystemRandomNumberGenerator()
    id = NodeID(random.next())
    // Room for a million processes; the rest tells nodes apart.
    firstProcess = random.next() & ~0xF_FFFF | 1
    startedAt = cray_now_ns()
    store = try Store(byteCount: configuration.storeByteCount)
    let resources = try configuration.nodeResources(storeByteCount: store.byteCount)
    leases = LeaseManager(
      resources: resources,
      configuration: configuration.leaseConfiguration(
        cpuCount: resources.total[ResourceSet.cpu], firstWorker: firstProcess + Self.driverCountMax))
    workers = WorkerTable(patience: configuration.peerLossGrace)
    actors = ActorTable(configuration: configuration.actorConfiguration)
    logs = LogForwarder(configuration)
    var loopConfiguration = EventLoop.Configuration()
    loopConfiguration.name = "ray-node"
    // A node is in nobody's way: it never spins, and nothing on its thread takes long.
    loopConfiguration.spinLimit = .zero
    loopConfiguration.isHelperEnabled = false
    do {
      loop = try EventLoop(configuration: loopConfiguration)
    } catch {
      throw RayError(.systemLimit, "cannot start the node: \(error.message)")
    }
    loop.delegate = self
  }

  /// The driver that ``start()`` connects.
  package var driverID: WorkerID { WorkerID(firstProcess) }

  /// Drivers a node can have in its life.
  static let driverCountMax: UInt64 = 1024

  /// Everything this node has.
  package var totalResources: ResourceSet { leases.resources.total }

  /// Since the node started.
  var now: Duration { .nanoseconds(Int64(cray_now_ns() - startedAt)) }

  private func begin() {
    leases.start(now: now, actions: &leaseActions)
    settle()
  }

  // MARK: Deciding and doing

  /// Carries out what was decided, and what that leads to, until nothing is left.
  func settle() {
    guard !isSettling else { return }
    isSettling = true
    while !leaseActions.isEmpty || !actorActions.isEmpty {
      let decidedLeases = leaseActions
      leaseActions.removeAll(keepingCapacity: true)
      for action in decidedLeases where !isStopping { perform(action) }
      let decidedActors = actorActions
      actorActions.removeAll(keepingCapacity: true)
      for action in decidedActors where !isStopping { perform(action) }
    }
    isSettling = false
    armTimer()
  }
}
