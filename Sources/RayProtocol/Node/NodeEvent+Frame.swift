// One frame per event: the identifier that fits goes into the header, the rest into the body.

extension NodeEvent {
  /// Appends this event to the frames on their way to a client.
  package func append(to outbox: Outbox) {
    var body = NodeMessageWriter()
    let id = encode(into: &body)
    body.bytes.withUnsafeBytes { outbox.frame(kind.rawValue, id: id, body: $0) }
  }

  package var kind: NodeFrameKind {
    switch self {
    case .welcome: .welcome
    case .granted: .granted
    case .leased: .leased
    case .leaseEnded: .leaseEnded
    case .leaseRevoked: .leaseRevoked
    case .leaseReclaimRequested: .leaseReclaimRequested
    case .infeasible: .infeasible
    case .demandFailed: .demandFailed
    case .peer: .peer
    case .peerGone: .peerGone
    case .inherited: .inherited
    case .death: .death
    case .actorRegistered: .actorRegistered
    case .actorState: .actorState
    case .runActor: .runActor
    case .terminateActorAfterQueue: .terminateActorAfterQueue
    case .actorFound: .actorFound
    case .actorList: .actorList
    case .resources: .resourcesReply
    case .nodes: .nodesReply
    case .retire: .retire
    case .shutdown: .shutdown
    }
  }

  private func encode(into body: inout NodeMessageWriter) -> UInt64 {
    switch self {
    case .welcome(let welcome):
      body.put(welcome.node.rawValue)
      body.put(welcome.job.rawValue)
      body.put(welcome.namespace)
      body.put(welcome.storeByteCount)
      body.put(welcome.storeSlot)
      return welcome.worker.rawValue
    case .granted(let grant):
      body.put(grant.schedulingClass.rawValue)
      body.put(grant.worker)
      body.put(grant.assigned)
      return grant.lease.rawValue
    case .leased(let lease, let client, let schedulingClass, let assigned):
      body.put(client)
      body.put(schedulingClass.rawValue)
      body.put(assigned)
      return lease.rawValue
    case .leaseEnded(let lease), .leaseReclaimRequested(let lease): return lease.rawValue
    case .leaseRevoked(let lease, let death):
      body.put(death)
      return lease.rawValue
    case .infeasible(let schedulingClass, let shortage):
      body.put(shortage)
      return UInt64(schedulingClass.rawValue)
    case .demandFailed(let schedulingClass, let reason):
      body.put(reason)
      return UInt64(schedulingClass.rawValue)
    case .peer(let worker), .peerGone(let worker), .inherited(let worker): return worker.rawValue
    case .death(let request, let death):
      body.put(death)
      return request.rawValue
    case .retire, .shutdown: return 0
    default: return encodeReply(into: &body)
    }
  }

  private func encodeReply(into body: inout NodeMessageWriter) -> UInt64 {
    switch self {
    case .actorRegistered(let request, let registration):
      body.put(registration)
      return request.rawValue
    case .actorState(let status): body.put(status)
    case .runActor(let spec, let restartCount, let assigned):
      body.put(spec)
      body.put(restartCount)
      body.put(assigned)
    case .terminateActorAfterQueue(let actor): body.put(actor)
    case .actorFound(let request, let entry):
      body.put(entry)
      return request.rawValue
    case .actorList(let request, let entries):
      body.put(entries)
      return request.rawValue
    case .resources(let request, let total, let available):
      body.put(total)
      body.put(available)
      return request.rawValue
    case .nodes(let request, let entries):
      body.put(entries)
      return request.rawValue
    default: preconditionFailure("\(kind) is no reply")
    }
    return 0
  }

  /// Reads an event from the node.
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
    case .welcome: return .welcome(try welcome(worker: WorkerID(id), from: &reader))
    case .granted:
      let schedulingClass = SchedulingClassID(try reader.integer())
      return .granted(
        .init(
          lease: LeaseID(id), schedulingClass: schedulingClass, worker: try reader.value(),
          assigned: try reader.value()))
    case .leased:
      let client: WorkerID = try reader.value()
      return .leased(LeaseID(id), client: client, .init(try reader.integer()), try reader.value())
    case .leaseEnded: return .leaseEnded(LeaseID(id))
    case .leaseReclaimRequested: return .leaseReclaimRequested(LeaseID(id))
    case .leaseRevoked: return .leaseRevoked(LeaseID(id), try reader.value())
    case .infeasible: return .infeasible(try schedulingClass(id, reader), try reader.value())
    case .demandFailed:
      return .demandFailed(try schedulingClass(id, reader), reason: try reader.string())
    case .peer: return .peer(WorkerID(id))
    case .peerGone: return .peerGone(WorkerID(id))
    case .inherited: return .inherited(WorkerID(id))
    case .death: return .death(RequestID(id), try reader.optional())
    case .retire: return .retire
    case .shutdown: return .shutdown
    default: return try decodeReply(kind, request: RequestID(id), from: &reader)
    }
  }

  private static func decodeReply(
    _ kind: NodeFrameKind, request: RequestID, from reader: inout NodeMessageReader
  ) throws(RayError) -> Self {
    switch kind {
    case .actorRegistered: return .actorRegistered(request, try reader.value())
    case .actorState: return .actorState(try reader.value())
    case .runActor:
      let spec: ActorSpec = try reader.value()
      return .runActor(spec, restartCount: try reader.integer(), try reader.value())
    case .terminateActorAfterQueue: return .terminateActorAfterQueue(try reader.value())
    case .actorFound: return .actorFound(request, try reader.optional())
    case .actorList: return .actorList(request, try reader.list())
    case .resourcesReply:
      return .resources(
        request, total: try reader.value(), available: try ResourceSet(signedFrom: &reader))
    case .nodesReply: return .nodes(request, try reader.list())
    default: throw reader.violation("is not an event")
    }
  }

  private static func welcome(
    worker: WorkerID, from reader: inout NodeMessageReader
  ) throws(RayError) -> Welcome {
    let node = NodeID(try reader.integer())
    let job = JobID(try reader.integer())
    let namespace = try reader.string()
    return Welcome(
      node: node, job: job, worker: worker, namespace: namespace,
      storeByteCount: try reader.integer(),
      storeSlot: try reader.integer())
  }

  private static func schedulingClass(
    _ id: UInt64, _ reader: NodeMessageReader
  ) throws(RayError) -> SchedulingClassID {
    guard let value = UInt32(exactly: id) else {
      throw reader.violation("class \(id) is out of range")
    }
    return SchedulingClassID(value)
  }
}
