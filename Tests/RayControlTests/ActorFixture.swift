internal import RayControl
internal import RayProtocol
internal import Testing

/// An actor table and the actions of the last event.
struct ActorFixture {
  var table = ActorTable()
  var actions: [ActorAction] = []
  static let driver = WorkerID(1)
  static let host = WorkerID(100)

  mutating func event(
    _ location: SourceLocation = #_sourceLocation, _ body: (inout ActorTable, inout [ActorAction]) -> Void
  ) {
    actions.removeAll()
    body(&table, &actions)
    #expect(table.checkInvariants() == [], sourceLocation: location)
  }

  static func spec(
    _ index: UInt64 = 1, name: String? = nil, namespace: String = "n", restarts: Int32 = 0, creator: WorkerID = driver,
    change: (inout ActorSpec) -> Void = { _ in }
  ) -> ActorSpec {
    var spec = ActorSpec(
      id: ActorID(creator: creator, index: index), className: "Counter", name: name, namespace: namespace,
      placementResources: ResourceSet(["CPU": 1]), restartCountMax: restarts, creation: [1, 2, 3])
    change(&spec)
    return spec
  }

  /// Brings an actor to life.
  mutating func live(_ spec: ActorSpec, on host: WorkerID = host) {
    event { $0.createActor(spec, request: RequestID(9), actions: &$1) }
    event { $0.actorPlaced(spec.id, on: host, .init(), actions: &$1) }
    event { $0.actorCreated(spec.id, by: host, actions: &$1) }
    #expect(table.status(of: spec.id)?.state == .alive(host))
  }

  mutating func crash(_ worker: WorkerID) {
    event { $0.processDied(Self.death(worker), actions: &$1) }
  }

  static func death(_ worker: WorkerID) -> WorkerDeath {
    WorkerDeath(worker: worker, processID: 4, exit: .signalled(9), logTail: ["last words"])
  }

  /// What watchers were told.
  var published: [ActorState] {
    actions.compactMap { if case .publish(let status, _) = $0 { status.state } else { nil } }
  }
}
