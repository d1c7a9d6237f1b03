internal import RayControl
internal import RayProtocol
internal import RayScheduling
internal import RayTransport

extension NodeManager {
  func handle(_ request: NodeRequest, from client: NodeClient) {
    if case .hello(let hello) = request { return greet(hello, client) }
    guard client.hasSaidHello else { return cutOff(client, "'\(request.kind)' came before 'hello'") }
    switch request {
    case .hello: break
    case .demand(let demand): leaseDemanded(demand, client)
    case .returnLease(let lease): leases.leaseReturned(lease, by: client.id, now: now, actions: &leaseActions)
    case .blocked(let count):
      leases.workerBlocked(client.id, leaseEventCount: count, now: now, actions: &leaseActions)
    case .unblocked: leases.workerUnblocked(client.id, now: now, actions: &leaseActions)
    case .retireRefused: leases.retireRefused(client.id, now: now, actions: &leaseActions)
    case .defineEnvironment(let environment, let variables): define(environment, variables, client)
    case .connect(let worker, let isRepeated):
      leases.peerRequested(by: client.id, worker, isRepeated: isRepeated, actions: &leaseActions)
    case .whyDied(let question, let worker):
      if let reply = workers.whyDied(worker, client: client.id, request: question, now: now) { answer(reply) }
    case .keepStored(let creator, let descriptors):
      if !store.keep(descriptors, of: creator, for: client.id) { cutOff(client, "bad store descriptors") }
    case .accuse(let worker, let reason): accused(worker, by: client, reason)
    case .freeStored(let descriptor): if !store.free(descriptor, by: client.id) { cutOff(client, "a bad store descriptor") }
    default: handleActorRequest(request, from: client)
    }
  }

  private func handleActorRequest(_ request: NodeRequest, from client: NodeClient) {
    switch request {
    case .createActor(let question, let spec): createActor(spec, question, client)
    case .actorReady(let actor, let creation):
      guard owns(client, actor) else { return }
      actors.actorReady(actor, creation: creation, actions: &actorActions)
    case .actorCreated(let actor): actors.actorCreated(actor, by: client.id, actions: &actorActions)
    case .actorCreationFailed(let actor, let error):
      actors.actorCreationFailed(actor, error: error, by: client.id, actions: &actorActions)
    case .actorExited(let actor): actors.actorExited(actor, by: client.id, actions: &actorActions)
    case .killActor(let actor, let noRestart): actors.killActor(actor, noRestart: noRestart, actions: &actorActions)
    case .releaseActor(let actor):
      guard owns(client, actor) else { return }
      actors.releaseActor(actor, actions: &actorActions)
    case .watchActor(let actor):
      actors.watchActor(
        actor, by: client.id, creatorIsAlive: workers.isAlive(actor.creator), actions: &actorActions)
    default: handleQuestion(request, from: client)
    }
  }

  private func handleQuestion(_ request: NodeRequest, from client: NodeClient) {
    switch request {
    case .findActor(let question, let name, let namespace):
      send(.actorFound(question, actors.actor(named: name, namespace: namespace)), to: client)
    case .listActors(let question, let namespace):
      send(.actorList(question, actors.namedActors(in: namespace)), to: client)
    case .resources(let question):
      send(.resources(question, total: leases.resources.total, available: leases.resources.available), to: client)
    case .nodes(let question):
      let entry = NodeEvent.NodeEntry(id: id, address: "local", isAlive: true, total: leases.resources.total)
      send(.nodes(question, [entry]), to: client)
    default: preconditionFailure("'\(request.kind)' has no handler")
    }
  }

  // MARK: One by one

  private func greet(_ hello: NodeRequest.Hello, _ client: NodeClient) {
    guard !client.hasSaidHello else { return cutOff(client, "a second 'hello'") }
    guard hello.worker == client.id, hello.token == client.token, hello.protocolVersion == NodeProtocol.version else {
      return cutOff(client, "'hello' of worker \(hello.worker), protocol \(hello.protocolVersion), is not the expected one")
    }
    client.hasSaidHello = true
    client.deadline = nil
    if client.child == nil { client.processID = hello.processID }
    workers.processStarted(client.id, role: client.role, processID: client.processID, now: now)
    guard welcome(client) else { return }
    switch client.role {
    case .driver:
      leases.clientJoined(client.id)
    case .worker: leases.workerStarted(client.id, now: now, actions: &leaseActions)
    }
  }

  private func welcome(_ client: NodeClient) -> Bool {
    if client.role == .driver {
      _ = jobs.jobStarted(driver: client.id, entrypoint: CommandLine.arguments.first ?? "", now: now)
    }
    // Workers belong to the one job of this node, the driver's.
    let job = jobs.jobs.last?.id ?? JobID(0)
    let welcome = NodeEvent.Welcome(
      node: id, job: job, worker: client.id, namespace: configuration.namespace,
      storeByteCount: UInt64(store.byteCount), storeSlot: client.storeIdentity)
    do throws(TransportError) {
      send(.welcome(welcome), to: client, descriptor: try store.makeDescriptor())
      return true
    } catch {
      cutOff(client, error.message)
      return false
    }
  }

  private func leaseDemanded(_ demand: LeaseDemand, _ client: NodeClient) {
    guard demand.wantedCount == 0 || isDefined(demand.terms.environment) else {
      return send(.demandFailed(demand.schedulingClass, reason: "its runtime environment was never defined"), to: client)
    }
    leases.leaseDemanded(by: client.id, demand, now: now, actions: &leaseActions)
  }

  func isDefined(_ environment: RuntimeEnvironmentID) -> Bool {
    environment == .inherited || environments[environment] != nil
  }

  /// Environments are few; a bound keeps a client that makes them up from filling the node's memory.
  private static let environmentCountMax = 4096

  private func define(
    _ environment: RuntimeEnvironmentID, _ variables: [NodeRequest.EnvironmentVariable], _ client: NodeClient
  ) {
    guard environment != .inherited, environments.count < Self.environmentCountMax || environments[environment] != nil else {
      return cutOff(client, "runtime environment \(environment.rawValue) cannot be defined")
    }
    environments[environment] = variables
  }

  private func createActor(_ spec: ActorSpec, _ question: RequestID, _ client: NodeClient) {
    guard owns(client, spec.id) else { return }
    actors.createActor(spec, request: question, actions: &actorActions)
  }

  /// An actor belongs to the process whose number is in its name.
  private func owns(_ client: NodeClient, _ actor: ActorID) -> Bool {
    if actor.creator == client.id { return true }
    cutOff(client, "actor \(actor) belongs to another process")
    return false
  }

  func answer(_ reply: WorkerTable.Reply) { send(.death(reply.request, reply.death), to: reply.client) }
}
