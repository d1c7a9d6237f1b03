internal import RayControl
internal import RayProtocol
internal import RayScheduling

extension SimulatedNode {
  func perform(_ action: LeaseAction) {
    switch action {
    case .startWorker(let worker, _): startWorker(worker)
    case .retireWorker(let worker): send(.retire, to: worker)
    case .killWorker(let worker, let reason): kill(worker, reason)
    case .introduce(let a, let b): introduce(a, b)
    case .peerGone(let client, let worker): send(.peerGone(worker), to: client)
    case .grant(let client, let grant):
      send(.leased(grant.lease, client: client, grant.schedulingClass, grant.assigned), to: grant.worker)
      send(.granted(grant), to: client)
    case .leaseEnded(let lease, let worker): send(.leaseEnded(lease), to: worker)
    case .revoke(let lease, let client, let worker):
      let death = workers.death(of: worker) ?? WorkerDeath(worker: worker, processID: 0, exit: .unknown)
      send(.leaseRevoked(lease, death), to: client)
    case .reclaim(let lease, let client): send(.leaseReclaimRequested(lease), to: client)
    case .infeasible(let client, let schedulingClass, let shortage): send(.infeasible(schedulingClass, shortage), to: client)
    case .demandFailed(let client, let schedulingClass, let reason):
      send(.demandFailed(schedulingClass, reason: reason), to: client)
    case .hostActor(let actor, let worker, let assigned):
      decideActors { actors.actorPlaced(actor, on: worker, assigned, actions: &$0) }
    case .actorInfeasible(let actor, let shortage):
      decideActors { actors.actorUnplaceable(actor, .infeasible(shortage), actions: &$0) }
    case .actorStartFailed(let actor, let reason):
      decideActors { actors.actorUnplaceable(actor, .startFailed(reason), actions: &$0) }
    }
  }

  func perform(_ action: ActorAction) {
    switch action {
    case .place(let actor, let terms, let held):
      decide { leases.actorDemanded(actor, placement: terms, held: held, now: now, actions: &$0) }
    case .placeLater(let actor, let pause):
      let nanoseconds = UInt64(pause.components.seconds) * 1_000_000_000 + UInt64(pause.components.attoseconds / 1_000_000_000)
      schedule(after: nanoseconds) { [unowned self] in
        decideActors { actors.placementDue(actor, actions: &$0) }
      }
    case .withdraw(let actor):
      decide { leases.actorWithdrawn(actor, now: now, actions: &$0) }
    case .run(let spec, let restartCount, let worker, let assigned):
      send(.runActor(spec, restartCount: restartCount, assigned), to: worker)
    case .started(let actor): decide { leases.actorStarted(actor, now: now, actions: &$0) }
    case .terminateAfterQueue(let actor, let worker): send(.terminateActorAfterQueue(actor), to: worker)
    case .killHost(let worker, let reason): kill(worker, reason)
    case .expectEnd(let worker): schedule(after: 2_000_000_000) { [unowned self] in kill(worker, "it did not end") }
    case .publish(let status, let client):
      if case .dead = status.state { cluster.model.endedActors.insert(status.id) }
      if case .restarting = status.state { cluster.model.endedActors.insert(status.id) }
      if case .standsFor(let other) = status.state { cluster.model.aliases[status.id] = other }
      send(.actorState(status), to: client)
    case .registered(let request, let registration, let client): send(.actorRegistered(request, registration), to: client)
    }
  }

  // MARK: Processes

  private func startWorker(_ worker: WorkerID) {
    let pause = UInt64(cluster.random.below(3_000_000))
    let fails = cluster.options.crashes && !cluster.isDraining && cluster.random.chance(10)
    schedule(after: pause) { [unowned self] in
      if fails { processEnded(worker, .startFailed("the simulation said so")) } else { cluster.spawn(worker) }
    }
  }

  private func kill(_ worker: WorkerID, _ reason: String) {
    guard let process = cluster.process(worker) else { return }
    cluster.note("the node kills \(worker.short): \(reason)")
    cluster.crash(process)
  }

  /// As in the product: one of two living processes that lost their connection ends.
  func separate(_ suspicion: WorkerTable.Suspicion) {
    guard cluster.process(suspicion.client) != nil, cluster.process(suspicion.subject) != nil else { return }
    kill(suspicion.subject == Self.driver ? suspicion.client : suspicion.subject, "a connection broke")
  }

  private func introduce(_ a: WorkerID, _ b: WorkerID) {
    cluster.network.connect(a, b) { cluster.process($0) != nil }
    send(.peer(b), to: a)
    send(.peer(a), to: b)
  }
}
