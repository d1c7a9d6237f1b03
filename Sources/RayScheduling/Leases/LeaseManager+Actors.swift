package import RayProtocol

extension LeaseManager {
  /// An actor needs a process: `placement` while its constructor runs, `held` for its life.
  package mutating func actorDemanded(
    _ actor: ActorID, placement: LeaseTerms, held: ResourceSet, now: Duration, actions: inout [LeaseAction]
  ) {
    guard heldByPendingActor[actor] == nil, places[actor] == nil, !isShortOfResources(actor) else { return }
    // What an actor keeps it also needs at the start.
    var placement = placement
    for entry in held.entries { placement.resources[entry.name] = max(placement.resources[entry.name], entry.amount) }
    if let shortage = resources.shortage(for: placement.resources) {
      return report(shortage, of: .actor(actor), now: now, actions: &actions)
    }
    heldByPendingActor[actor] = held
    queue(actor, placement, now: now)
    joinLine(Self.control)
    serve(now: now, actions: &actions)
  }

  private mutating func queue(_ actor: ActorID, _ terms: LeaseTerms, now: Duration) {
    if let index = clients[Self.control]!.demands.firstIndex(where: { $0.terms == terms }) {
      withDemand(Self.control, at: index) {
        $0.actors.append(actor)
        $0.wanted += 1
      }
    } else {
      var demand = Demand(schedulingClass: makeActorClass(), terms: terms, wanted: 1, waitingSince: now)
      demand.actors = [actor]
      clients[Self.control]!.demands.append(demand)
    }
  }

  /// An actor that has no process yet needs none any more.
  package mutating func actorWithdrawn(_ actor: ActorID, now: Duration, actions: inout [LeaseAction]) {
    if forgetShortage(of: .actor(actor)) { return }
    guard heldByPendingActor.removeValue(forKey: actor) != nil else { return }
    guard let index = clients[Self.control]!.demands.firstIndex(where: { $0.actors.contains(actor) }) else { return }
    withDemand(Self.control, at: index) { $0.actors.removeAll { $0 == actor } }
    settleActorDemand(at: index)
    serve(now: now, actions: &actions)
  }

  /// Its constructor has returned: it keeps what it holds and gives back the rest.
  package mutating func actorStarted(_ actor: ActorID, now: Duration, actions: inout [LeaseAction]) {
    guard let place = places[actor] else { return }
    if workers[place.worker]?.isLending == true {
      workers[place.worker]!.isLending = false
      resources.takeBackCPU(of: place.assigned)
    }
    places[actor]!.assigned = resources.reduce(place.assigned, to: place.held)
    serve(now: now, actions: &actions)
  }

  mutating func host(demand index: Int, worker: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    let demand = clients[Self.control]!.demands[index]
    guard let actor = demand.actors.first, let assigned = resources.allocate(demand.terms.resources) else { return }
    withDemand(Self.control, at: index) {
      $0.actors.removeFirst()
      $0.waitingSince = now
    }
    clients[Self.control]!.turn = index + 1
    if reservation?.client == Self.control, reservation?.schedulingClass == demand.schedulingClass { reservation = nil }
    settleActorDemand(at: index)
    workers[worker]!.state = .dedicated(actor)
    let held = heldByPendingActor.removeValue(forKey: actor) ?? .init()
    places[actor] = ActorPlace(worker: worker, assigned: assigned, held: held)
    actions.append(.hostActor(actor, worker: worker, assigned))
  }

  private mutating func settleActorDemand(at index: Int) {
    let waiting = clients[Self.control]!.demands[index].actors.count
    if waiting > 0 {
      withDemand(Self.control, at: index) { $0.wanted = waiting }
    } else {
      let removed = clients[Self.control]!.demands.remove(at: index)
      if reservation?.client == Self.control, reservation?.schedulingClass == removed.schedulingClass { reservation = nil }
    }
  }

  /// No process can be started for a whole class of actors.
  mutating func failActors(at index: Int, reason: String, actions: inout [LeaseAction]) {
    let demand = clients[Self.control]!.demands.remove(at: index)
    for actor in demand.actors {
      heldByPendingActor[actor] = nil
      actions.append(.actorStartFailed(actor, reason: reason))
    }
  }
}
