internal import CRayShims
internal import RayEngine
internal import RayObjectStore
internal import RayOwnership
package import RayProtocol
package import RayTransport

/// One process's part of the embedded engine: the deciding machine, and the sockets, threads and memory around it.
///
/// One lock guards the machine. It is taken once per call from user code and once per batch of frames; nothing of the
/// user's and no system call that may wait runs under it. Frames collect in the peers' outboxes and leave when the loop is
/// about to wait, or at once when a worker has nothing else to do.
package final class CoreWorker: @unchecked Sendable {
  // Sendable: `state` and `machine` are touched under `lock` only; the rest is constant after `start`.

  package let id: WorkerID
  package let loop: EventLoop
  let lock = Lock()
  let machine: CoreMachine
  @exclusivity(unchecked) nonisolated(unsafe) var state = State()
  let nodeConnection: Connection
  nonisolated(unsafe) var store: StoreClient?
  /// What the node told at the start; set before anything else happens.
  nonisolated(unsafe) package internal(set) var welcome: NodeEvent.Welcome?
  let faults: FaultPlan?

  struct State {
    let nodeOutbox = Outbox()
    var connections: [WorkerID: Connection] = [:]
    var peers: [ObjectIdentifier: Peer] = [:]
    var nextRequest: UInt64 = 1
    var pendingReplies: [RequestID: NodeReply] = [:]
    var deathRequests: [RequestID: WorkerID] = [:]
    var reportedDeaths: [WorkerID: WorkerDeath] = [:]
    var leaseInfo: [UInt64: AssignedResources] = [:]
    var progress = LeaseProgress()
    var isBlockedReported = false
    var blockedReportCount: UInt64 = 0
    var isShutDown = false
    var isTicking = false
    var hosted: HostedActor?
    /// The actor's last handle is gone: the process ends when nothing is left to do.
    var isEnding = false
    var connectionCount: UInt64 = 0
    var definedEnvironments: Set<UInt64> = []
  }

  /// Runs on the loop's thread when calls wait to be run; set by the executor.
  nonisolated(unsafe) var runCalls: (() -> Void)?
  /// Carries a cancellation into a running call; set by the executor.
  nonisolated(unsafe) var cancelCall: ((ExecutionCall, _ force: Bool) -> Void)?
  /// Ends the process (workers) or fails what is left (driver) when the node is gone.
  nonisolated(unsafe) var nodeLost: ((String) -> Void)?
  /// Starts hosting an actor; set by the executor.
  nonisolated(unsafe) var hostActor: ((ActorSpec, UInt32, AssignedResources) -> Void)?
  /// The node answered; the process may go on.
  nonisolated(unsafe) var onWelcome: (() -> Void)?
  nonisolated(unsafe) var endAfterQueue: (() -> Void)?

  package init(
    id: WorkerID, node: consuming OwnedDescriptor, loop: EventLoop, faults: FaultPlan? = nil
  ) throws(TransportError) {
    self.id = id
    self.loop = loop
    self.faults = faults
    var configuration = Connection.Configuration()
    configuration.acceptsDescriptors = true
    nodeConnection = try Connection(adopting: node, configuration: configuration)
    let nodeLink = NodeLink()
    let storeLink = StoreLink()
    machine = CoreMachine(me: id, node: nodeLink, store: storeLink, encodeError: ErrorCoding.encode)
    nodeLink.worker = self
    storeLink.worker = self
  }

  /// No call carries more by value than the object store could hold, or one frame.
  var argumentByteCountMax: Int { min(welcome.map { Int(clamping: $0.storeByteCount) } ?? .max, Int(UInt32.max) - 4096) }

  /// Joins the loop; frames flow from now on.
  package func start() throws(TransportError) {
    loop.delegate = self
    try loop.add(nodeConnection)
  }

  // MARK: The machine

  static var now: UInt64 { cray_monotonic_nanoseconds() }

  /// Everything that touches the machine goes through here: decide under the lock, act after it.
  @inline(__always)
  func withMachine<R, E: Error>(_ body: (CoreMachine) throws(E) -> R) throws(E) -> R {
    try withMachine(at: Self.now, body)
  }

  /// For callers that have just looked at the clock.
  @inline(__always)
  func withMachine<R, E: Error>(at now: UInt64, _ body: (CoreMachine) throws(E) -> R) throws(E) -> R {
    lock.lock()
    machine.begin(at: now)
    let result: R
    do throws(E) {
      result = try body(machine)
    } catch {
      finishMachineUse()
      throw error
    }
    finishMachineUse()
    return result
  }

  /// The last handle of an object is gone.
  func release(_ id: ObjectID) { touchMachine { $0.release(id) } }

  /// For what needs no clock and mostly decides nothing: looks for no more than it must.
  @inline(__always)
  func touchMachine(_ body: (CoreMachine) -> Void) {
    lock.lock()
    body(machine)
    guard machine.hasOutput || machine.hasDecisions || !state.nodeOutbox.isEmpty else {
      return lock.unlock()
    }
    finishMachineUse()
  }

  /// Gives the lock back, then wakes, cancels and runs what the machine decided.
  @inline(__always)
  private func finishMachineUse() {
    let wantsFlush = machine.takeFlushHint()
    let hasOutput = machine.hasOutput || !state.nodeOutbox.isEmpty
    let hasCalls = machine.hasRunnableCalls
    let startsTicking = !state.isTicking && machine.needsTicks
    if startsTicking { state.isTicking = true }
    if machine.hasDecisions { actOnDecisions() } else { lock.unlock() }
    if hasCalls { loop.requestWork() }
    if startsTicking { scheduleTick() }
    guard hasOutput else { return }
    // Long user code keeps the loop's thread from flushing, and the helper may be asleep already.
    if wantsFlush || loop.isPolledByHelper { flush() } else if !loop.isOnLoopThread { loop.notify() }
  }

  private func actOnDecisions() {
    let wakeups = machine.wakeups
    let cancellations = machine.cancellations
    machine.wakeups.removeAll(keepingCapacity: true)
    machine.cancellations.removeAll(keepingCapacity: true)
    lock.unlock()
    for waiter in wakeups { waiter.wake() }
    for (call, force) in cancellations { cancelCall?(call, force) }
  }

  // MARK: Flushing

  /// Moves every frame that waits into its connection and to the socket.
  func flush() {
    lock.lock()
    let peers = machine.takeDirtyPeers()
    var touched: [Connection] = []
    for peer in peers {
      guard let connection = state.connections[peer.id] else { continue }
      move(peer.outbox, to: connection)
      touched.append(connection)
    }
    if !state.nodeOutbox.isEmpty {
      move(state.nodeOutbox, to: nodeConnection)
      touched.append(nodeConnection)
    }
    lock.unlock()
    for connection in touched { connection.flush() }
  }

  private func move(_ outbox: Outbox, to connection: Connection) {
    // A connection that ended takes nothing; its end is on its way to the machine.
    _ = connection.withOutbound { $0.append(outbox.bytes) }
    outbox.removeAll()
  }

  // MARK: Time

  private static var tickInterval: Duration { .milliseconds(5) }

  /// Ticks while leases are held; an idle process has no timer.
  private func scheduleTick() {
    loop.schedule(after: Self.tickInterval) { [self] in
      let goesOn = withMachine { machine in
        machine.tick()
        state.isTicking = machine.needsTicks
        return state.isTicking
      }
      if goesOn { scheduleTick() }
    }
  }

  // MARK: Ending

  /// No new calls from now on.
  func beginShutdown() { lock.withLock { state.isShutDown = true } }

  /// The node is gone, because it was stopped or because its connection broke: nothing can be started or ended any more.
  func nodeEnded(_ why: String) {
    guard !lock.withLock({ state.isShutDown }) else { return failQuestions() }
    failQuestions()
    withMachine { $0.failEverything(RayError(.nodeDied, "this program's node ended: \(why); start Ray again")) }
  }

  /// Everything that waits is told that nothing more will come.
  func failEverything() {
    failQuestions()
    withMachine { $0.failEverything(RayError(.shutDown, "Ray was shut down")) }
  }
}
