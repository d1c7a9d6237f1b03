internal import RayControl
internal import RayProtocol
internal import Testing

/// Random lives of actors; the table is checked after each event, and every watcher must have heard how it ended.
@Suite struct RandomActorTests {
  @Test(arguments: 0..<60)
  func anySequenceOfEventsKeepsTheInvariantsAndTellsEveryWatcher(seed: UInt64) {
    var run = RandomActorRun(seed: seed)
    for step in 0..<400 {
      run.step()
      if let problem = run.problem {
        Issue.record("seed \(seed), step \(step): \(problem)")
        return
      }
    }
    run.end()
    #expect(run.problem == nil, "seed \(seed)")
    #expect(run.table.liveCount == run.detachedCount, "seed \(seed)")
    #expect(run.table.standInCount == run.livingStandInCount, "seed \(seed)")
    #expect(run.ignorantWatchers() == [], "seed \(seed)")
  }
}

struct RandomActorRun {
  var table = ActorTable()
  private(set) var problem: String?
  private var random: Generator
  private var actions: [ActorAction] = []
  private var clients = (1...4).map { WorkerID($0) }
  private var nextProcess: UInt64 = 100
  private var nextIndex: UInt64 = 1
  private var waiting: [ActorID] = []
  private var hosts: [WorkerID: ActorID] = [:]
  private var dying: Set<WorkerID> = []
  private var specs: [ActorID: ActorSpec] = [:]
  private var watches: [ActorID: Set<WorkerID>] = [:]
  private var heard: [WorkerID: [ActorID: ActorState]] = [:]

  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      let z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      return z ^ (z >> 31)
    }
  }

  init(seed: UInt64) { random = Generator(state: seed) }

  var detachedCount: Int {
    specs.values.count {
      guard let status = table.status(of: $0.id), $0.isDetached else { return false }
      switch status.state {
      case .dead, .standsFor: return false
      default: return true
      }
    }
  }

  /// Names that a living creator gave to actors of others.
  var livingStandInCount: Int {
    specs.keys.count {
      guard case .standsFor? = table.status(of: $0)?.state else { return false }
      return clients.contains($0.creator)
    }
  }

  private mutating func event(_ body: (inout ActorTable, inout [ActorAction]) -> Void) {
    actions.removeAll()
    body(&table, &actions)
    for action in actions { follow(action) }
    if problem == nil, let first = table.checkInvariants().first { problem = first }
  }

  private mutating func follow(_ action: ActorAction) {
    switch action {
    case .place(let actor, _, _):
      if waiting.contains(actor) { problem = "placed twice" }
      waiting.append(actor)
    case .placeLater(let actor, _): delayed.append(actor)
    case .withdraw(let actor): waiting.removeAll { $0 == actor }
    case .run(_, _, let worker, _): if hosts[worker] == nil { problem = "run on a process nobody placed" }
    case .killHost(let worker, _), .expectEnd(let worker): dying.insert(worker)
    case .publish(let status, let watcher):
      if case .dead? = heard[watcher]?[status.id] {
        if status.state != heard[watcher]?[status.id] { problem = "rose from the dead" }
      }
      heard[watcher, default: [:]][status.id] = status.state
    case .registered(let request, .existing, let creator):
      // Its handle speaks for another actor now; the one that never was is no business of its creator.
      watches[ActorID(creator: creator, index: request.rawValue)]?.remove(creator)
    case .started, .terminateAfterQueue, .registered: break
    }
  }

  private var delayed: [ActorID] = []

  mutating func step() {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<25: create()
    case 25..<45: placeOne()
    case 45..<60: if let (worker, actor) = pickHost() { event { $0.actorCreated(actor, by: worker, actions: &$1) } }
    case 60..<63:
      if let (worker, actor) = pickHost() { event { $0.actorCreationFailed(actor, error: [1], by: worker, actions: &$1) } }
    case 63..<66: if let (worker, actor) = pickHost() { event { $0.actorExited(actor, by: worker, actions: &$1) } }
    case 66..<72: if let worker = hosts.keys.sorted().randomElement(using: &random) { die(worker) }
    case 72..<80: if let worker = dying.sorted().randomElement(using: &random) { die(worker) }
    case 80..<84:
      if let actor = pickActor() {
        let hard = Bool.random(using: &random)
        event { $0.killActor(actor, noRestart: hard, actions: &$1) }
      }
    case 84..<88: if let actor = pickActor() { event { $0.releaseActor(actor, actions: &$1) } }
    case 88..<95: watch()
    case 95..<97: if let actor = pickActor() { event { $0.actorReady(actor, creation: [2], actions: &$1) } }
    case 97: if clients.count > 1 { leave(clients.removeLast()) }
    default: if let actor = delayed.popLast() { event { $0.placementDue(actor, actions: &$1) } }
    }
  }

  private mutating func pickHost() -> (WorkerID, ActorID)? {
    guard let worker = hosts.keys.sorted().randomElement(using: &random) else { return nil }
    return (worker, hosts[worker]!)
  }

  private mutating func pickActor() -> ActorID? {
    specs.keys.sorted { ($0.creator, $0.index) < ($1.creator, $1.index) }.randomElement(using: &random)
  }

  private mutating func create() {
    let creator = clients.randomElement(using: &random)!
    let names: [String?] = [nil, nil, "a", "b"]
    let spec = ActorSpec(
      id: ActorID(creator: creator, index: nextIndex), className: "C", name: names.randomElement(using: &random)!,
      restartCountMax: Int32.random(in: -1...2, using: &random), isDetached: Int.random(in: 0..<5, using: &random) == 0,
      getIfExists: Bool.random(using: &random), isReady: Int.random(in: 0..<4, using: &random) > 0)
    nextIndex += 1
    specs[spec.id] = spec
    watches[spec.id, default: []].insert(creator)
    event { $0.createActor(spec, request: RequestID(spec.id.index), actions: &$1) }
  }

  private mutating func placeOne() {
    guard !waiting.isEmpty else { return }
    let actor = waiting.removeFirst()
    let worker = WorkerID(nextProcess)
    nextProcess += 1
    hosts[worker] = actor
    event { $0.actorPlaced(actor, on: worker, .init(), actions: &$1) }
  }

  private mutating func die(_ worker: WorkerID) {
    hosts[worker] = nil
    dying.remove(worker)
    event { $0.processDied(WorkerDeath(worker: worker, processID: 1, exit: .signalled(9)), actions: &$1) }
  }

  private mutating func watch() {
    guard let watcher = clients.randomElement(using: &random) else { return }
    let early = ActorID(creator: clients.randomElement(using: &random)!, index: nextIndex)
    let actor = Bool.random(using: &random) ? early : pickActor() ?? early
    watches[actor, default: []].insert(watcher)
    let isAlive = clients.contains(actor.creator)
    event { $0.watchActor(actor, by: watcher, creatorIsAlive: isAlive, actions: &$1) }
  }

  private mutating func leave(_ client: WorkerID) {
    for actor in watches.keys { watches[actor]!.remove(client) }
    die(client)
  }

  /// All processes end but one watcher, who then must know about every actor.
  mutating func end() {
    while clients.count > 1 { leave(clients.removeLast()) }
    for actor in specs.keys where specs[actor]!.isDetached == false {
      event { $0.killActor(actor, noRestart: true, actions: &$1) }
    }
    for worker in dying.sorted() { die(worker) }
  }

  /// Watchers that were not told the end of an actor that is dead.
  func ignorantWatchers() -> [String] {
    var found: [String] = []
    for (actor, watchers) in watches {
      guard case .dead? = table.status(of: actor)?.state else { continue }
      for watcher in watchers {
        if case .dead? = heard[watcher]?[actor] { continue }
        found.append("\(watcher) was not told that \(actor) is dead")
      }
    }
    return found
  }
}
