package import RayProtocol

// What handles ask for.
extension ActorTable {
  /// A client creates an actor; it watches it from now on. The caller has checked that the actor's id is the client's.
  package mutating func createActor(_ spec: ActorSpec, request: RequestID, actions: inout [ActorAction]) {
    let client = spec.creator
    if let known = status(of: spec.id) { return answer(registration(known), request, client, &actions) }
    if let name = spec.name {
      let key = NameKey(namespace: spec.namespace, name: name)
      if let holder = names[key] { return refuse(spec, holder: holder, request: request, actions: &actions) }
      names[key] = spec.id
    }
    var watchers = [client]
    for watcher in earlyWatchers.removeValue(forKey: spec.id) ?? [] where watcher != client { watchers.append(watcher) }
    records[spec.id] = Record(
      spec: spec, state: spec.isReady ? .pending : .dependenciesPending, watchers: watchers)
    answer(.created, request, client, &actions)
    publish(spec.id, actions: &actions)
    if spec.isReady { place(spec.id, actions: &actions) }
  }

  private func registration(_ known: ActorStatus) -> ActorRegistration {
    if case .standsFor(let other) = known.state { .existing(other, className: known.className) } else { .created }
  }

  private mutating func refuse(
    _ spec: ActorSpec, holder: ActorID, request: RequestID, actions: inout [ActorAction]
  ) {
    let early = (earlyWatchers.removeValue(forKey: spec.id) ?? []).filter { $0 != spec.creator }
    if spec.getIfExists, request != .none, let record = records[holder] {
      let status = ActorStatus(id: spec.id, state: .standsFor(holder), className: record.spec.className)
      standIns[spec.id] = StandIn(status: status, watchers: early)
      answer(registration(status), request, spec.creator, &actions)
      for watcher in early { actions.append(.publish(status, to: watcher)) }
    } else {
      answer(.nameTaken, request, spec.creator, &actions)
      let cause = ActorDeathCause.nameTaken(spec.name ?? "")
      end(spec.id, cause, className: spec.className, watchers: [spec.creator] + early, actions: &actions)
    }
  }

  private func answer(
    _ registration: ActorRegistration, _ request: RequestID, _ client: WorkerID, _ actions: inout [ActorAction]
  ) {
    if request != .none { actions.append(.registered(request, registration, to: client)) }
  }

  /// The arguments of the constructor are there.
  package mutating func actorReady(_ actor: ActorID, creation: [UInt8], actions: inout [ActorAction]) {
    guard records[actor]?.state == .dependenciesPending else { return }
    records[actor]!.spec.creation = creation
    records[actor]!.spec.isReady = true
    records[actor]!.state = .pending
    publish(actor, actions: &actions)
    place(actor, actions: &actions)
  }

  /// A client wants to know; it hears the present state at once and every change.
  ///
  /// `creatorIsAlive` decides what is said about an actor nobody has heard of: its registration may still be under way.
  package mutating func watchActor(
    _ actor: ActorID, by client: WorkerID, creatorIsAlive: Bool, actions: inout [ActorAction]
  ) {
    if let status = status(of: actor) {
      if records[actor]?.watchers.contains(client) == false { records[actor]!.watchers.append(client) }
      if standIns[actor]?.watchers.contains(client) == false { standIns[actor]!.watchers.append(client) }
      return actions.append(.publish(status, to: client))
    }
    guard creatorIsAlive else {
      return actions.append(.publish(ActorStatus(id: actor, state: .dead(.unknown)), to: client))
    }
    if earlyWatchers[actor]?.contains(client) != true { earlyWatchers[actor, default: []].append(client) }
  }

  /// Ends an actor the hard way. With `noRestart == false` it is only its process that ends.
  package mutating func killActor(_ actor: ActorID, noRestart: Bool, actions: inout [ActorAction]) {
    if case .standsFor(let other)? = status(of: actor)?.state {
      return killActor(other, noRestart: noRestart, actions: &actions)
    }
    guard let record = records[actor] else { return }
    if noRestart {
      die(actor, .killed, actions: &actions)
      if let host = record.host {
        actions.append(.killHost(host, reason: "the actor was killed"))
      } else {
        actions.append(.withdraw(actor))
      }
    } else if let host = record.host {
      records[actor]!.wasKilled = true
      actions.append(.killHost(host, reason: "the actor was killed, a restart is allowed"))
    }
  }

  /// The last handle is gone, and every call has its result.
  package mutating func releaseActor(_ actor: ActorID, actions: inout [ActorAction]) {
    if let standIn = standIns.removeValue(forKey: actor) {
      return end(actor, .released, watchers: standIn.watchers, actions: &actions)
    }
    guard let record = records[actor] else {
      guard status(of: actor) == nil else { return }
      return end(actor, .released, watchers: earlyWatchers.removeValue(forKey: actor) ?? [], actions: &actions)
    }
    guard !record.spec.isDetached, !record.isReleased else { return }
    records[actor]!.isReleased = true
    switch record.state {
    case .alive(let host): actions.append(.terminateAfterQueue(actor, on: host))
    // The constructor may be in the middle of something: it ends first.
    case .pending, .restarting, .dependenciesPending:
      guard record.host == nil else { return }
      die(actor, .released, actions: &actions)
      actions.append(.withdraw(actor))
    case .dead, .standsFor: break
    }
  }
}
