internal import RayProtocol
internal import RayScheduling
internal import Testing

/// A lease manager, its time, and the actions of the last event.
struct LeaseFixture {
  var manager: LeaseManager
  var now = Duration.zero
  var actions: [LeaseAction] = []
  /// Processes that have not said hello yet.
  private var starting: [WorkerID] = []
  static let driver = WorkerID(7)

  init(
    _ amounts: [String: Double] = ["CPU": 2], prestart: Int? = nil,
    configure: (inout LeaseConfiguration) -> Void = { _ in }
  ) {
    let total = ResourceSet(amounts)
    var configuration = LeaseConfiguration(cpuCount: prestart ?? Int(amounts["CPU"] ?? 1), firstWorker: 1000)
    configure(&configuration)
    manager = LeaseManager(resources: NodeResources(total: total), configuration: configuration)
    manager.clientJoined(Self.driver)
  }

  /// Sends one event and checks the tables after it.
  mutating func event(
    _ location: SourceLocation = #_sourceLocation,
    _ body: (inout LeaseManager, Duration, inout [LeaseAction]) -> Void
  ) {
    actions.removeAll()
    body(&manager, now, &actions)
    starting += started
    #expect(manager.checkInvariants() == [], sourceLocation: location)
    #expect(manager.unservedDemands() == [], sourceLocation: location)
  }

  /// Starts the pool and lets every process say hello, also those that later hellos cause to start.
  mutating func startPool() {
    event { $0.start(now: $1, actions: &$2) }
    helloAll()
  }

  mutating func helloAll() {
    var caused: [LeaseAction] = []
    while !starting.isEmpty {
      let worker = starting.removeFirst()
      event { $0.workerStarted(worker, now: $1, actions: &$2) }
      caused += actions
    }
    actions = caused
  }

  mutating func demand(
    _ wanted: UInt32, _ amounts: [String: Double] = ["CPU": 1], class id: UInt32 = 1, by client: WorkerID = driver,
    environment: RuntimeEnvironmentID = .inherited
  ) {
    let terms = LeaseTerms(resources: ResourceSet(amounts), environment: environment)
    event {
      $0.leaseDemanded(by: client, .init(schedulingClass: .init(id), terms: terms, wantedCount: wanted), now: $1, actions: &$2)
    }
  }

  mutating func giveBack(_ lease: LeaseID, by client: WorkerID = driver) {
    event { $0.leaseReturned(lease, by: client, now: $1, actions: &$2) }
  }

  mutating func block(_ worker: WorkerID, seen: UInt64) {
    event { $0.workerBlocked(worker, leaseEventCount: seen, now: $1, actions: &$2) }
  }

  mutating func unblock(_ worker: WorkerID) { event { $0.workerUnblocked(worker, now: $1, actions: &$2) } }

  mutating func exit(_ worker: WorkerID, _ reason: String = "crash") {
    event { $0.workerExited(worker, reason: reason, now: $1, actions: &$2) }
  }

  mutating func pass(_ duration: Duration) {
    now += duration
    event { $0.timePassed(now: $1, actions: &$2) }
  }

  mutating func placeActor(_ index: UInt64, placement: [String: Double] = ["CPU": 1], held: [String: Double] = [:]) {
    let id = ActorID(creator: Self.driver, index: index)
    event {
      $0.actorDemanded(
        id, placement: LeaseTerms(resources: ResourceSet(placement)), held: ResourceSet(held), now: $1, actions: &$2)
    }
  }

  // MARK: What happened

  var started: [WorkerID] {
    actions.compactMap { if case .startWorker(let id, _) = $0 { id } else { nil } }
  }
  var grants: [(client: WorkerID, grant: NodeEvent.LeaseGrant)] {
    actions.compactMap { if case .grant(let client, let grant) = $0 { (client, grant) } else { nil } }
  }
  var reclaimed: [LeaseID] {
    actions.compactMap { if case .reclaim(let lease, _) = $0 { lease } else { nil } }
  }
  var hosts: [(actor: ActorID, worker: WorkerID)] {
    actions.compactMap { if case .hostActor(let actor, let worker, _) = $0 { (actor, worker) } else { nil } }
  }
}

/// Small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
