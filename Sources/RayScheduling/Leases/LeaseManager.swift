internal import RayProtocol

/// Decides who works for whom on one node: resources, leases, the pool of worker processes.
///
/// A value without clock, randomness or I/O: every event says what time it is and appends to the actions it causes.
///
/// The rules:
/// - A worker serves at most one lease that computes. When all its tasks are suspended it lends its CPU and may be granted
///   again, also to itself, so nested calls of any depth run in as many processes as there are CPUs.
/// - Clients are served in turn, one lease at a time, and each client's scheduling classes in turn.
/// - A worker's own demands come first when it blocks: somebody waits for its result.
/// - A demand that others starve calls leases back, and saves up for what it needs at once.
package struct LeaseManager: Sendable {
  package let configuration: LeaseConfiguration
  package internal(set) var resources: NodeResources

  var workers: [WorkerID: Worker] = [:]
  var clients: [WorkerID: Client] = [:]
  var leases: [LeaseID: Lease] = [:]
  var places: [ActorID: ActorPlace] = [:]
  /// What pending actors will keep once they live.
  var heldByPendingActor: [ActorID: ResourceSet] = [:]
  var peers = PeerIntroductions()

  /// Ready processes without any lease; the one used last is last.
  var idle: [WorkerID] = []
  /// Processes whose tasks are all suspended.
  var blocked: [WorkerID] = []
  /// Clients with unserved demands, in the order of their turns.
  var lineup: [WorkerID] = []
  var reservation: Reservation?
  var startFailures: [RuntimeEnvironmentID: StartFailures] = [:]
  var freeLeaseCount = 0
  /// In the order in which they came.
  var shortages: [Shortage] = []

  private var nextLease: UInt64 = 1
  private var nextWorker: UInt64
  private var nextActorClass: UInt32 = 0

  /// Stands for all actors that wait for a process.
  static let control = WorkerID(0)

  package init(resources: NodeResources, configuration: LeaseConfiguration) {
    self.resources = resources
    self.configuration = configuration
    nextWorker = configuration.firstWorker
    clients[Self.control] = Client()
  }

  mutating func makeLeaseID() -> LeaseID {
    defer { nextLease += 1 }
    return LeaseID(nextLease)
  }

  mutating func makeWorkerID() -> WorkerID {
    defer { nextWorker += 1 }
    return WorkerID(nextWorker)
  }

  mutating func makeActorClass() -> SchedulingClassID {
    defer { nextActorClass += 1 }
    return SchedulingClassID(nextActorClass)
  }

  /// Brings the processes up that are kept ready.
  package mutating func start(now: Duration, actions: inout [LeaseAction]) { serve(now: now, actions: &actions) }

  /// Time has passed; call it at ``nextDeadline(now:)``.
  package mutating func timePassed(now: Duration, actions: inout [LeaseAction]) {
    reportDueShortages(now: now, actions: &actions)
    retireIdleWorkers(now: now, actions: &actions)
    serve(now: now, actions: &actions)
  }

  /// After every event: grant what can be granted, start what must be started, call back what others starve for.
  mutating func serve(now: Duration, actions: inout [LeaseAction]) {
    if let reservation, reservation.until <= now { endReservation(now: now) }
    if !lineup.isEmpty {
      grantInTurn(now: now, actions: &actions)
      if !lineup.isEmpty { reclaim(now: now, actions: &actions) }
    }
    startWorkers(now: now, actions: &actions)
  }
}
