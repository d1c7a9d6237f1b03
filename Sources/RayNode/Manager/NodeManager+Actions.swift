internal import RayControl
internal import RayProtocol
internal import RayScheduling
internal import RayTransport

extension NodeManager {
  func perform(_ action: LeaseAction) {
    switch action {
    case .startWorker(let worker, let environment): startWorker(worker, environment)
    case .retireWorker(let worker): send(.retire, to: worker)
    case .killWorker(let worker, let reason): kill(worker, .stopped(reason))
    case .introduce(let a, let b): introduce(a, b)
    case .peerGone(let client, let worker): send(.peerGone(worker), to: client)
    case .grant(let client, let grant):
      // First the worker: when it is the client itself, it shall know what it may use before it runs anything.
      send(.leased(grant.lease, client: client, grant.schedulingClass, grant.assigned), to: grant.worker)
      send(.granted(grant), to: client)
    case .leaseEnded(let lease, let worker): send(.leaseEnded(lease), to: worker)
    case .revoke(let lease, let client, let worker): send(.leaseRevoked(lease, death(of: worker)), to: client)
    case .reclaim(let lease, let client): send(.leaseReclaimRequested(lease), to: client)
    case .infeasible(let client, let schedulingClass, let shortage):
      send(.infeasible(schedulingClass, shortage), to: client)
    case .demandFailed(let client, let schedulingClass, let reason):
      send(.demandFailed(schedulingClass, reason: reason), to: client)
    case .hostActor(let actor, let worker, let assigned):
      actors.actorPlaced(actor, on: worker, assigned, actions: &actorActions)
    case .actorInfeasible(let actor, let shortage):
      actors.actorUnplaceable(actor, .infeasible(shortage), actions: &actorActions)
    case .actorStartFailed(let actor, let reason):
      actors.actorUnplaceable(actor, .startFailed(reason), actions: &actorActions)
    }
  }

  func perform(_ action: ActorAction) {
    switch action {
    case .place(let actor, let terms, let held): place(actor, terms, held)
    case .placeLater(let actor, let pause): delayedPlacements.append((now + pause, actor))
    case .withdraw(let actor): leases.actorWithdrawn(actor, now: now, actions: &leaseActions)
    case .run(let spec, let restartCount, let worker, let assigned):
      clients[worker]?.name = spec.className
      send(.runActor(spec, restartCount: restartCount, assigned), to: worker)
    case .started(let actor): leases.actorStarted(actor, now: now, actions: &leaseActions)
    case .terminateAfterQueue(let actor, let worker): send(.terminateActorAfterQueue(actor), to: worker)
    case .killHost(let worker, let reason): kill(worker, .stopped(reason))
    case .expectEnd(let worker):
      clients[worker]?.deadline = (now + configuration.endGrace, .stopped("it said that it ends and did not"))
    case .publish(let status, let watcher): send(.actorState(status), to: watcher)
    case .registered(let request, let registration, let client):
      send(.actorRegistered(request, registration), to: client)
    }
  }

  private func place(_ actor: ActorID, _ terms: LeaseTerms, _ held: ResourceSet) {
    guard isDefined(terms.environment) else {
      return actors.actorUnplaceable(
        actor, .startFailed("its runtime environment was never defined"), actions: &actorActions)
    }
    leases.actorDemanded(actor, placement: terms, held: held, now: now, actions: &leaseActions)
  }

  /// Connects two processes with each other: nothing has a name that a stranger could use.
  private func introduce(_ a: WorkerID, _ b: WorkerID) {
    guard let first = clients[a], let second = clients[b], first.isConnected, second.isConnected else {
      send(.peerGone(b), to: a)
      return send(.peerGone(a), to: b)
    }
    do throws(TransportError) {
      let pair = try SocketEnds(bufferByteCount: 512 << 10)
      send(.peer(b), to: first, descriptor: pair.first)
      send(.peer(a), to: second, descriptor: pair.second)
    } catch {
      forwardNotice("cannot connect \(a) and \(b): \(error.message)")
      send(.peerGone(b), to: a)
      send(.peerGone(a), to: b)
    }
  }

  func death(of worker: WorkerID) -> WorkerDeath {
    workers.death(of: worker) ?? WorkerDeath(worker: worker, processID: 0, exit: .unknown)
  }
}
