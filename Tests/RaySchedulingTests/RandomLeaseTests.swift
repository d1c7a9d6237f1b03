internal import RayProtocol
internal import RayScheduling
internal import Testing

/// Random events of a whole node's life; the tables are checked after each, and nothing is left at the end.
@Suite struct RandomLeaseTests {
  @Test(arguments: 0..<40)
  func anySequenceOfEventsKeepsTheInvariantsAndLeavesNothing(seed: UInt64) {
    var run = RandomLeaseRun(seed: seed)
    for step in 0..<400 {
      run.step()
      if let problem = run.problem {
        Issue.record("seed \(seed), step \(step): \(problem)")
        return
      }
    }
    run.drain()
    #expect(run.problem == nil, "seed \(seed)")
    #expect(run.manager.leaseCount == 0, "seed \(seed)")
    #expect(run.manager.pendingCount == 0, "seed \(seed)")
    #expect(run.manager.resources.available == run.manager.resources.total, "seed \(seed)")
  }

  @Test(arguments: 100..<110)
  func everyDemandIsGrantedOrExplainedWhenNobodyHoldsBack(seed: UInt64) {
    var run = RandomLeaseRun(seed: seed)
    for _ in 0..<200 { run.step() }
    run.settle()
    #expect(run.problem == nil, "seed \(seed)")
    #expect(run.manager.pendingCount == 0, "seed \(seed): \(run.manager.pendingCount) demands wait for ever")
  }
}

/// What the outside world of a lease manager may do, chosen by a seed.
struct RandomLeaseRun {
  var manager: LeaseManager
  private var random: SeededGenerator
  private var now = Duration.zero
  private var actions: [LeaseAction] = []
  private(set) var problem: String?

  private var drivers: [WorkerID] = []
  private var nextDriver: UInt64 = 1
  private var starting: [WorkerID] = []
  private var alive: [WorkerID] = []
  private var retiring: [WorkerID] = []
  private var held: [LeaseID: WorkerID] = [:]
  private var seen: [WorkerID: UInt64] = [:]
  private var wanted: [WorkerID: [UInt32: UInt32]] = [:]
  private var actors: [ActorID] = []
  private var nextActor: UInt64 = 1

  private static let shapes: [[String: Double]] = [
    ["CPU": 1], ["CPU": 0.5], ["CPU": 3], [:], ["CPU": 1, "GPU": 0.5], ["GPU": 2], ["CPU": 1, "disk": 1], ["CPU": 99],
  ]

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    var configuration = LeaseConfiguration(cpuCount: 4, firstWorker: 1000)
    configuration.workerCountMax = 40
    manager = LeaseManager(
      resources: NodeResources(total: ResourceSet(["CPU": 4, "GPU": 2, "disk": 2])), configuration: configuration)
    event { $0.start(now: $1, actions: &$2) }
    joinDriver()
  }

  private mutating func joinDriver() {
    let id = WorkerID(nextDriver)
    nextDriver += 1
    drivers.append(id)
    manager.clientJoined(id)
  }

  private mutating func event(_ body: (inout LeaseManager, Duration, inout [LeaseAction]) -> Void) {
    actions.removeAll()
    body(&manager, now, &actions)
    for action in actions { follow(action) }
    let problems = manager.checkInvariants() + manager.unservedDemands().map { "unserved: \($0)" }
    if problem == nil, let first = problems.first { problem = first }
  }

  private mutating func follow(_ action: LeaseAction) {
    switch action {
    case .startWorker(let id, _): starting.append(id)
    case .retireWorker(let id), .killWorker(let id, _): retiring.append(id)
    case .grant(let client, let grant):
      if held.updateValue(client, forKey: grant.lease) != nil { problem = "\(grant.lease) was granted twice" }
      if !alive.contains(grant.worker) { problem = "dead worker \(grant.worker) was granted" }
      seen[grant.worker, default: 0] += 1
    case .leaseEnded(let lease, let worker):
      held[lease] = nil
      seen[worker, default: 0] += 1
    case .revoke(let lease, let client, _):
      if held.removeValue(forKey: lease) != client { problem = "\(lease) was revoked from \(client)" }
    case .demandFailed(let client, let id, _): wanted[client]?[id.rawValue] = nil
    case .infeasible(let client, let id, _): wanted[client]?[id.rawValue] = nil
    default: break
    }
  }

  mutating func step() {
    now += .milliseconds(Int.random(in: 0...8, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: demand()
    case 30..<50: returnLease()
    case 50..<60: hello()
    case 60..<68: if let id = pick(alive) { block(id) }
    case 68..<76: if let id = pick(alive) { event { $0.workerUnblocked(id, now: $1, actions: &$2) } }
    case 76..<80: if let id = pick(alive) { die(id) }
    case 80..<82: if let id = starting.first { die(id) }
    case 82..<88: placeActor()
    case 88..<90: if let id = pick(actors) { event { $0.actorStarted(id, now: $1, actions: &$2) } }
    case 90..<92: if let id = pick(actors) { event { $0.actorWithdrawn(id, now: $1, actions: &$2) } }
    case 92..<94: if let id = pick(retiring) { answerRetire(id) }
    case 94: joinDriver()
    case 95: if drivers.count > 1, let id = pick(drivers) { leave(id) }
    default: event { $0.timePassed(now: $1, actions: &$2) }
    }
  }

  private mutating func pick<T>(_ list: [T]) -> T? { list.randomElement(using: &random) }

  private mutating func block(_ id: WorkerID) {
    let count = seen[id, default: 0]
    event { $0.workerBlocked(id, leaseEventCount: count, now: $1, actions: &$2) }
  }

  private mutating func demand() {
    guard let client = pick(drivers + alive) else { return }
    let shape = Int.random(in: 0..<Self.shapes.count, using: &random)
    send(client, UInt32(shape), UInt32.random(in: 0...6, using: &random))
  }

  private mutating func send(_ client: WorkerID, _ shape: UInt32, _ count: UInt32) {
    wanted[client, default: [:]][shape] = count
    let terms = LeaseTerms(resources: ResourceSet(Self.shapes[Int(shape)]), environment: .init(shape == 1 ? 5 : 0))
    event {
      $0.leaseDemanded(
        by: client, .init(schedulingClass: .init(shape), terms: terms, wantedCount: count), now: $1, actions: &$2)
    }
  }

  private mutating func returnLease() {
    guard let lease = pick(held.keys.sorted()), let client = held[lease] else { return }
    event { $0.leaseReturned(lease, by: client, now: $1, actions: &$2) }
  }

  private mutating func hello() {
    guard !starting.isEmpty else { return }
    let id = starting.removeFirst()
    alive.append(id)
    event { $0.workerStarted(id, now: $1, actions: &$2) }
  }

  private mutating func die(_ id: WorkerID) {
    for list in [\Self.starting, \.alive, \.retiring] { self[keyPath: list].removeAll { $0 == id } }
    for (lease, client) in held where client == id { held[lease] = nil }
    wanted[id] = nil
    event { $0.workerExited(id, reason: "test", now: $1, actions: &$2) }
  }

  private mutating func answerRetire(_ id: WorkerID) {
    retiring.removeAll { $0 == id }
    if Bool.random(using: &random) {
      event { $0.retireRefused(id, now: $1, actions: &$2) }
    } else {
      die(id)
    }
  }

  private mutating func leave(_ id: WorkerID) {
    drivers.removeAll { $0 == id }
    wanted[id] = nil
    event { $0.clientLeft(id, now: $1, actions: &$2) }
  }

  private mutating func placeActor() {
    let id = ActorID(creator: drivers[0], index: nextActor)
    nextActor += 1
    actors.append(id)
    let shape = Self.shapes[Int.random(in: 0..<Self.shapes.count, using: &random)]
    let held = Bool.random(using: &random) ? shape : [:]
    event {
      $0.actorDemanded(
        id, placement: .init(resources: ResourceSet(shape)), held: ResourceSet(held), now: $1, actions: &$2)
    }
  }

  /// Everybody withdraws, returns and ends.
  mutating func drain() {
    for (client, classes) in wanted { for shape in classes.keys.sorted() { send(client, shape, 0) } }
    for actor in actors { event { $0.actorWithdrawn(actor, now: $1, actions: &$2) } }
    while let lease = held.keys.min(), let client = held[lease] {
      event { $0.leaseReturned(lease, by: client, now: $1, actions: &$2) }
    }
    for id in alive + retiring { die(id) }
  }

  /// Work goes on without new demands: leases come back, processes start, time passes.
  mutating func settle() {
    for id in alive { event { $0.workerUnblocked(id, now: $1, actions: &$2) } }
    for round in 0..<3000 {
      now += .milliseconds(20)
      while !starting.isEmpty { hello() }
      for id in Array(Set(retiring)).sorted() { die(id) }
      if round % 3 == 0, let lease = held.keys.min(), let client = held[lease] {
        // The client has one task less to run.
        let shape = wanted[client]?.first { $0.value > 0 }?.key
        if let shape { send(client, shape, wanted[client]![shape]! - 1) }
        event { $0.leaseReturned(lease, by: client, now: $1, actions: &$2) }
      }
      // Actors end, too: what they hold is needed.
      if round % 20 == 0, let host = alive.first(where: { manager.isHost($0) }) { die(host) }
      event { $0.timePassed(now: $1, actions: &$2) }
      if manager.pendingCount == 0 { return }
    }
  }
}
