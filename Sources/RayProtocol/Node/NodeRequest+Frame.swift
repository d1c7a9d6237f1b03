// One frame per request: the identifier that fits goes into the header, the rest into the body.

extension NodeRequest {
  /// Appends this request to the frames on their way to the node.
  package func append(to outbox: Outbox) {
    var body = NodeMessageWriter()
    let id = encode(into: &body)
    body.bytes.withUnsafeBytes { outbox.frame(kind.rawValue, id: id, body: $0) }
  }

  package var kind: NodeFrameKind {
    switch self {
    case .hello: .hello
    case .demand: .demand
    case .returnLease: .returnLease
    case .freeStored: .freeStored
    case .blocked: .blocked
    case .unblocked: .unblocked
    case .retireRefused: .retireRefused
    case .defineEnvironment: .defineEnvironment
    case .connect: .connect
    case .whyDied: .whyDied
    case .accuse: .accuse
    case .keepStored: .keepStored
    case .createActor: .createActor
    case .actorReady: .actorReady
    case .actorCreated: .actorCreated
    case .actorCreationFailed: .actorCreationFailed
    case .actorExited: .actorExited
    case .killActor: .killActor
    case .releaseActor: .releaseActor
    case .watchActor: .watchActor
    case .findActor: .findActor
    case .listActors: .listActors
    case .resources: .resources
    case .nodes: .nodes
    }
  }

  private func encode(into body: inout NodeMessageWriter) -> UInt64 {
    switch self {
    case .hello(let hello):
      body.put(hello.protocolVersion)
      body.put(hello.processID)
      body.put(hello.token)
      return hello.worker.rawValue
    case .demand(let demand):
      body.put(demand.wantedCount)
      body.put(demand.terms)
      return UInt64(demand.schedulingClass.rawValue)
    case .returnLease(let lease): return lease.rawValue
    case .freeStored(let descriptor):
      body.put(descriptor)
      return 0
    case .blocked(let count): return count
    case .unblocked, .retireRefused: return 0
    case .defineEnvironment(let environment, let variables):
      body.put(variables)
      return environment.rawValue
    case .connect(let worker, let isRepeated):
      body.put(isRepeated)
      return worker.rawValue
    case .whyDied(let request, let worker):
      body.put(worker)
      return request.rawValue
    case .keepStored(let creator, let descriptors):
      body.put(descriptors)
      return creator.rawValue
    case .accuse(let worker, let reason):
      body.put(reason)
      return worker.rawValue
    case .resources(let request), .nodes(let request): return request.rawValue
    default: return encodeActorRequest(into: &body)
    }
  }

  private func encodeActorRequest(into body: inout NodeMessageWriter) -> UInt64 {
    switch self {
    case .createActor(let request, let spec):
      body.put(spec)
      return request.rawValue
    case .actorReady(let actor, let creation):
      body.put(actor)
      body.put(creation)
    case .actorCreated(let actor), .actorExited(let actor), .releaseActor(let actor),
      .watchActor(let actor):
      body.put(actor)
    case .actorCreationFailed(let actor, let error):
      body.put(actor)
      body.put(error)
    case .killActor(let actor, let noRestart):
      body.put(actor)
      body.put(noRestart)
    case .findActor(let request, let name, let namespace):
      body.put(name)
      body.put(namespace)
      return request.rawValue
    case .listActors(let request, let namespace):
      body.put(namespace)
      return request.rawValue
    default: preconditionFailure("\(kind) is no actor request")
    }
    return 0
  }

  /// Reads a request from another process.
  package init(header: FrameHeader, body: UnsafeRawBufferPointer) throws(RayError) {
    guard let kind = NodeFrameKind(rawValue: header.kind) else {
      throw RayError(.protocolViolation, "unknown node message kind \(header.kind)")
    }
    var reader = NodeMessageReader(body, kind: kind)
    self = try Self.decode(kind, id: header.id, from: &reader)
    try reader.finish()
  }

  private static func decode(
    _ kind: NodeFrameKind, id: UInt64, from reader: inout NodeMessageReader
  ) throws(RayError) -> Self {
    switch kind {
    case .hello:
      let version = try reader.integer(UInt16.self)
      return .hello(
        .init(
          worker: WorkerID(id), processID: try reader.integer(), protocolVersion: version,
          token: try reader.integer()))
    case .demand:
      guard let schedulingClass = UInt32(exactly: id) else {
        throw reader.violation("class \(id) is out of range")
      }
      let wanted = try reader.integer(UInt32.self)
      return .demand(
        .init(
          schedulingClass: .init(schedulingClass), terms: try reader.value(), wantedCount: wanted)
      )
    case .returnLease: return .returnLease(LeaseID(id))
    case .freeStored: return .freeStored(try reader.blob())
    case .blocked: return .blocked(leaseEventCount: id)
    case .unblocked: return .unblocked
    case .retireRefused: return .retireRefused
    case .defineEnvironment: return .defineEnvironment(.init(id), try reader.list())
    case .connect: return .connect(WorkerID(id), isRepeated: try reader.bool())
    case .whyDied: return .whyDied(RequestID(id), try reader.value())
    case .keepStored: return .keepStored(creator: WorkerID(id), try reader.blob())
    case .accuse: return .accuse(WorkerID(id), reason: try reader.string())
    case .resources: return .resources(RequestID(id))
    case .nodes: return .nodes(RequestID(id))
    default: return try decodeActorRequest(kind, request: RequestID(id), from: &reader)
    }
  }

  private static func decodeActorRequest(
    _ kind: NodeFrameKind, request: RequestID, from reader: inout NodeMessageReader
  ) throws(RayError) -> Self {
    switch kind {
    case .createActor: return .createActor(request, try reader.value())
    case .actorReady: return .actorReady(try reader.value(), creation: try reader.blob())
    case .actorCreated: return .actorCreated(try reader.value())
    case .actorCreationFailed:
      return .actorCreationFailed(try reader.value(), error: try reader.blob())
    case .actorExited: return .actorExited(try reader.value())
    case .killActor: return .killActor(try reader.value(), noRestart: try reader.bool())
    case .releaseActor: return .releaseActor(try reader.value())
    case .watchActor: return .watchActor(try reader.value())
    case .findActor:
      return .findActor(request, name: try reader.string(), namespace: try reader.string())
    case .listActors: return .listActors(request, namespace: try reader.optional())
    default: throw reader.violation("is not a request")
    }
  }
}
