package import RayProtocol

/// Everything one process decides about objects, tasks, leases and actors: the core worker without its sockets.
///
/// Calls come in, frames and requests go out into outboxes and ports; nothing here reads a clock, a socket or a lock. The
/// shell serialises access and moves bytes; a simulation drives many machines in one process.
///
/// The rules it keeps:
/// 1. The process that makes a reference owns the object and alone decides when it is freed.
/// 2. Whoever hands a reference on keeps the object alive until the receiver is known to the owner: callers pin arguments
///    until the reply, the reply names the references its sender keeps, and a sender of results pins what they contain.
/// 3. Connections are reliable and ordered; their end is the death of the process behind them.
package final class CoreMachine {
  package let me: WorkerID
  let node: any NodePort
  let store: any StorePort
  let encodeError: ErrorEncoder

  /// Monotonic nanoseconds, set by the shell before it delivers events.
  @exclusivity(unchecked) package var now: UInt64 = 0

  let objects = Slab<OwnedObject>()
  let tasks = Slab<TaskRecord>()
  @exclusivity(unchecked) var borrowed: [ObjectID: BorrowedObject] = [:]
  @exclusivity(unchecked) package internal(set) var peers: [WorkerID: Peer] = [:]
  @exclusivity(unchecked) var dirtyPeers: [Peer] = []

  @exclusivity(unchecked) var pools: [LeaseTerms: LeasePool] = [:]
  @exclusivity(unchecked) var poolsByClass: [LeasePool] = []
  @exclusivity(unchecked) var queues: [TaskQueue] = []
  @exclusivity(unchecked) var dirtyPools: [LeasePool] = []
  @exclusivity(unchecked) var leases: [UInt64: Lease] = [:]
  @exclusivity(unchecked) var actors: [ActorID: ActorClient] = [:] { didSet { lastActor = nil } }
  /// The client of the last call, if it is still in `actors`.
  @exclusivity(unchecked) var lastActor: ActorClient?

  @exclusivity(unchecked) package internal(set) var functionNames: [String] = []
  @exclusivity(unchecked) var functionKeys: [String: UInt32] = [:]

  @exclusivity(unchecked) var runnable = CallList()
  @exclusivity(unchecked) var spareCalls = CallList()
  @exclusivity(unchecked) var running = CallList()
  @exclusivity(unchecked) var nextCallToken: UInt64 = 1
  @exclusivity(unchecked) var nextTransit: UInt64 = 1
  @exclusivity(unchecked) var streams: [UInt64: StreamState] = [:]
  /// Tasks in flight at processes that died, oldest first, until the node tells the cause.
  @exclusivity(unchecked) var orphansByWorker: [WorkerID: [UInt64]] = [:]
  /// Producers that are a window ahead of their consumers, by call.
  @exclusivity(unchecked) var creditWaiters: [UInt64: ObjectWaiter] = [:]
  /// Handles made with `getIfExists` that speak for an actor created by somebody else.
  @exclusivity(unchecked) var aliases: [ActorID: [ActorClient]] = [:]
  @exclusivity(unchecked) var actorOrphans: [ActorID: [UInt64]] = [:]

  /// Waiters to wake once the lock is free; taken by the shell.
  @exclusivity(unchecked) package var wakeups: [ObjectWaiter] = []
  /// Calls whose cancellation the shell must carry into running code.
  @exclusivity(unchecked) package var cancellations: [(call: ExecutionCall, force: Bool)] = []
  /// Objects to let go, so that long chains are freed without recursion.
  @exclusivity(unchecked) var pendingUnpins: [ObjectID] = []
  @exclusivity(unchecked) var isUnpinning = false
  @exclusivity(unchecked) var flushHint = false
  /// Number of the newest look for duplicates; objects carry the number of the last one that saw them.
  @exclusivity(unchecked) var lookMark: UInt32 = 0

  package init(
    me: WorkerID, node: any NodePort, store: any StorePort, encodeError: @escaping ErrorEncoder
  ) {
    self.me = me
    self.node = node
    self.store = store
    self.encodeError = encodeError
  }

  deinit {
    runnable.removeAll()
    running.removeAll()
    spareCalls.removeAll()
  }

  /// For shells at the begin of each turn: a stored property of another module costs a check for each use.
  package func begin(at now: UInt64) { self.now = now }

  /// Whether something is to be woken or cancelled once the lock is free.
  package var hasDecisions: Bool { !wakeups.isEmpty || !cancellations.isEmpty }

  // MARK: Functions

  /// This process's number for a function name.
  package func functionKey(named name: String) -> UInt32 {
    if let key = functionKeys[name] { return key }
    let key = UInt32(functionNames.count)
    functionNames.append(name)
    functionKeys[name] = key
    return key
  }

  // MARK: Peers

  /// The peer, brokering a connection on first use.
  package func peer(_ id: WorkerID) -> Peer {
    if let peer = peers[id] { return peer }
    let peer = Peer(id)
    peers[id] = peer
    node.connect(id)
    return peer
  }

  @inline(__always)
  func touch(_ peer: Peer) {
    if !peer.isDirty {
      peer.isDirty = true
      dirtyPeers.append(peer)
    }
  }

  // MARK: Flushing

  /// Settles what is decided once per wake-up and hands out the peers with frames to write.
  package func takeDirtyPeers() -> [Peer] {
    if !dirtyPools.isEmpty { settleDemands() }
    if dirtyPeers.isEmpty { return [] }
    let peers = dirtyPeers
    dirtyPeers.removeAll(keepingCapacity: true)
    for peer in peers { peer.isDirty = false }
    return peers
  }

  /// True when something was sent to a process that had nothing to do: worth a system call at once.
  package func takeFlushHint() -> Bool {
    defer { flushHint = false }
    return flushHint
  }

  package var hasOutput: Bool { !dirtyPeers.isEmpty || !dirtyPools.isEmpty }

  // MARK: Ending

  /// Gives everything that is pending an error: nobody will answer any more.
  package func failEverything(_ failure: RayError) {
    let error = encodeError(failure)
    var pending: [UInt64] = []
    tasks.forEachTaken { index, _ in pending.append(index) }
    for task in pending { failTask(task, error) }
    for object in borrowedInOrder(where: { $0.place == .pending }) { ownerDied(object) }
    let names = actors.keys.sorted { ($0.creator, $0.index) < ($1.creator, $1.index) }
    for actor in names { actorChanged(actor, .dead(failure)) }
    for stream in streams.keys.sorted() { streamEnded(stream) }
  }

  // MARK: What is left, for tests and for `shutdown`

  /// Objects, tasks, borrows and actors known right now; all zero when nothing leaks.
  package var census: Census {
    Census(
      ownedObjects: objects.takenCount, tasks: tasks.takenCount, borrowedObjects: borrowed.count,
      leases: leases.count, actors: actors.count + aliases.count + actorOrphans.count,
      runningCalls: running.count, transitPins: peers.values.reduce(0) { $0 + $1.transitPins.count }
    )
  }

  package struct Census: Hashable, Sendable {
    package var ownedObjects = 0
    package var tasks = 0
    package var borrowedObjects = 0
    package var leases = 0
    package var actors = 0
    package var runningCalls = 0
    package var transitPins = 0

    package var isEmpty: Bool { self == Census() }
  }
}
