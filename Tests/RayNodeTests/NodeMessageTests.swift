internal import RayProtocol
internal import Testing

@Suite struct NodeMessageTests {
  private static let actor = ActorID(creator: WorkerID(7), index: 9)
  private static let terms = LeaseTerms(
    resources: ResourceSet(["CPU": 1, "GPU": 0.5]), strategy: .nodeAffinity(NodeID(3), soft: true), environment: .init(4))
  private static let assigned = AssignedResources(
    resources: ResourceSet(["CPU": 1, "GPU": 0.5]), gpus: [.init(index: 2, amount: 5000)])
  private static let spec = ActorSpec(
    id: actor, className: "M.Ünï", name: "n", namespace: "s", placementResources: ResourceSet(["CPU": 1]),
    heldResources: ResourceSet(["x": 0.1]), strategy: .spread, environment: .init(9), restartCountMax: -1,
    isDetached: true, getIfExists: true, isReady: false, creation: [0, 255])
  private static let exits: [WorkerExit] = [
    .exited(code: -3), .signalled(9), .outOfMemory, .startFailed("a"), .stopped("b"), .protocolViolation("c"), .unknown,
  ]

  static let requests: [NodeRequest] = [
    .hello(.init(worker: WorkerID(.max), processID: -1, protocolVersion: 3, token: 5)),
    .demand(.init(schedulingClass: .init(.max), terms: terms, wantedCount: 12)), .returnLease(LeaseID(4)),
    .blocked(leaseEventCount: 8), .unblocked, .retireRefused,
    .defineEnvironment(.init(3), [.init(name: "A", value: ""), .init(name: "B", value: "x=y")]),
    .connect(WorkerID(3), isRepeated: true), .whyDied(RequestID(3), WorkerID(4)), .accuse(WorkerID(4), reason: "r"),
    .keepStored(creator: WorkerID(4), [1, 2]),
    .freeStored([1, 2, 3]),
    .createActor(RequestID(5), spec), .actorReady(actor, creation: [1]), .actorCreated(actor),
    .actorCreationFailed(actor, error: [4]), .actorExited(actor), .killActor(actor, noRestart: true),
    .releaseActor(actor), .watchActor(actor), .findActor(RequestID(1), name: "a", namespace: "b"),
    .listActors(RequestID(2), namespace: nil), .listActors(RequestID(2), namespace: "x"), .resources(RequestID(3)),
    .nodes(RequestID(4)),
  ]

  static let states: [ActorState] =
    [.dependenciesPending, .pending, .alive(WorkerID(4)), .restarting]
    + [
      .creationFailed([1, 2]), .killed, .exited, .released, .creatorDied, .startFailed("x"),
      .infeasible(.init(resource: "CPU", asked: 5, total: 4, remark: "r")), .nameTaken("n"), .unknown,
    ].map { .dead($0) }
    + exits.map { .dead(.workerDied(WorkerDeath(worker: WorkerID(1), processID: 2, exit: $0, logTail: ["a", "b"]))) }

  static let events: [NodeEvent] =
    [
      .welcome(
        .init(node: NodeID(1), job: JobID(2), worker: WorkerID(3), namespace: "ns", storeByteCount: 4, storeSlot: 5)),
      .granted(.init(lease: LeaseID(1), schedulingClass: .init(2), worker: WorkerID(3), assigned: assigned)),
      .leased(LeaseID(1), client: WorkerID(2), .init(3), assigned), .leaseEnded(LeaseID(1)),
      .leaseRevoked(LeaseID(1), WorkerDeath(worker: WorkerID(1), processID: 2, exit: .outOfMemory)),
      .leaseReclaimRequested(LeaseID(1)), .infeasible(.init(1), .init(resource: "x", asked: 1, total: 0)),
      .demandFailed(.init(1), reason: "r"), .peer(WorkerID(1)), .peerGone(WorkerID(2)),
      .inherited(WorkerID(2)), .death(RequestID(1), nil),
      .death(RequestID(1), WorkerDeath(worker: WorkerID(1), processID: 2, exit: .unknown)),
      .actorRegistered(RequestID(1), .created), .actorRegistered(RequestID(1), .existing(actor, className: "c")),
      .actorRegistered(RequestID(1), .nameTaken), .runActor(spec, restartCount: 4, assigned),
      .terminateActorAfterQueue(actor), .actorFound(RequestID(1), nil),
      .actorFound(RequestID(1), .init(id: actor, name: "a", namespace: "b", className: "c")),
      .actorList(RequestID(1), [.init(id: actor, name: "a", namespace: "b", className: "c")]),
      .resources(RequestID(1), total: ResourceSet(["CPU": 2]), available: ResourceSet(["CPU": -1])),
      .nodes(RequestID(1), [.init(id: NodeID(1), address: "local", isAlive: true, total: ResourceSet(["CPU": 2]))]),
      .retire, .shutdown,
    ] + states.map { .actorState(.init(id: actor, state: $0, restartCount: 3, className: "C")) }

  private func frame(_ append: (Outbox) -> Void) -> (header: FrameHeader, body: [UInt8]) {
    let outbox = Outbox()
    append(outbox)
    let bytes = outbox.bytes
    return (FrameHeader(reading: bytes.baseAddress!), Array(bytes[FrameHeader.byteCount...]))
  }

  @Test(arguments: requests) func requestsSurviveTheWire(request: NodeRequest) throws {
    let (header, body) = frame { request.append(to: $0) }
    #expect(Int(header.bodyByteCount) == body.count)
    #expect(header.kind == request.kind.rawValue)
    let back = try body.withUnsafeBytes { try NodeRequest(header: header, body: $0) }
    #expect(back == request)
  }

  @Test(arguments: events) func eventsSurviveTheWire(event: NodeEvent) throws {
    let (header, body) = frame { event.append(to: $0) }
    let back = try body.withUnsafeBytes { try NodeEvent(header: header, body: $0) }
    #expect(back == event)
  }

  @Test func everyKindIsTested() {
    let kinds = Set(Self.requests.map(\.kind)).union(Self.events.map(\.kind))
    #expect(Set(NodeFrameKind.allCases).subtracting(kinds) == [])
  }

  @Test(arguments: requests) func truncatedRequestsAreRefused(request: NodeRequest) {
    let (header, body) = frame { request.append(to: $0) }
    for count in 0..<body.count {
      #expect(throws: RayError.self) { try body[..<count].withUnsafeBytes { try NodeRequest(header: header, body: $0) } }
    }
    #expect(throws: RayError.self) { try (body + [0]).withUnsafeBytes { try NodeRequest(header: header, body: $0) } }
  }

  @Test(arguments: 0..<20) func damagedMessagesNeverTrap(seed: UInt64) {
    var random = Damage(state: seed)
    for _ in 0..<300 {
      var (header, body) = frame { Self.requests.randomElement(using: &random)!.append(to: $0) }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
        body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { header.kind = UInt8.random(in: 0...255, using: &random) }
      if Bool.random(using: &random) { header.id = random.next() }
      // Either outcome is fine; what is read must be writable again.
      if let request = try? body.withUnsafeBytes({ try NodeRequest(header: header, body: $0) }) {
        #expect(frame { request.append(to: $0) }.body.count <= body.count)
      }
      _ = try? body.withUnsafeBytes { try NodeEvent(header: header, body: $0) }
    }
  }

  @Test(arguments: [
    ["b": 1, "a": 1], ["a": 0], ["a": -1], ["": 1],
  ])
  func badResourcesAreRefused(amounts: KeyValuePairs<String, Int64>) {
    var writer = NodeMessageWriter()
    writer.put(UInt16(amounts.count))
    for (name, amount) in amounts {
      writer.put(name)
      writer.put(amount)
    }
    #expect(throws: RayError.self) {
      try writer.bytes.withUnsafeBytes {
        var reader = NodeMessageReader($0, kind: .demand)
        _ = try ResourceSet(from: &reader)
      }
    }
  }

  @Test func launchesSurviveTheEnvironment() {
    let launch = WorkerLaunch(worker: WorkerID(0xABC), token: .max)
    #expect(WorkerLaunch(environmentValue: launch.environmentValue) == launch)
    for text in ["", "1:3:a", "9:3:a:b", "1:x:a:b", "1:-1:a:b", "1:3:a:b:c"] {
      #expect(WorkerLaunch(environmentValue: text) == nil, "'\(text)'")
    }
  }

  private struct Damage: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      let z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      return z ^ (z >> 31)
    }
  }
}
