package import RayProtocol

// What handles ask for.
extension ActorTable {
  /// A client creates an actor; it watches it from now on. The caller has checked that the actor's id is the client's.
  package mutating func createActor(_ spec: ActorSpec, request: RequestID, actions: inout [ActorAction]) {
    let client = spec.creator
    guard records[spec.id] == nil, status(of: spec.id) == nil else {
      return answer(.created, request, client, &actions)
    }
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

  private mutating func refuse(
    _ spec: ActorSpec, holder: ActorID, request: RequestID, actions: inout [ActorAction]
  ) {
    var hears = [spec.creator]
    if spec.getIfExists, request != .none, let record = records[holder] {
      // The creator's handle speaks for the holder from now on: it must not hear that its own actor is dead.
      hears = []
      answer(.existing(holder, className: record.spec.className), request, spec.creator, &actions)
    } else {
      answer(.nameTaken, request, spec.creator, &actions)
    }
    // Whoever has a handle of the one that never was learns it.
    let status = ActorStatus(id: spec.id, state: .dead(.nameTaken(spec.name ?? "")), className: spec.className)
    let early = earlyWatchers.removeValue(forKey: spec.id) ?? []
    hears += early.filter { $0 != spec.creator }
    for watcher in hears { actions.append(.publish(status, to: watcher)) }
    bury(status)
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
      return actions.append(.publish(status, to: client))
    }
    guard creatorIsAlive else {
      return actions.append(.publish(ActorStatus(id: actor, state: .dead(.unknown)), to: client))
    }
    if earlyWatchers[actor]?.contains(client) != true { earlyWatchers[actor, default: []].append(client) }
  }

  /// Ends an actor the hard way. With `noRestart == false` it is only its process that ends.
  package mutating func killActor(_ actor: ActorID, noRestart: Bool, actions: inout [ActorAction]) {
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
    guard let record = records[actor] else {
      if status(of: actor) == nil { releaseUnregistered(actor, actions: &actions) }
      return
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
    case .dead: break
    }
  }

  private mutating func releaseUnregistered(_ actor: ActorID, actions: inout [ActorAction]) {
    let status = ActorStatus(id: actor, state: .dead(.released))
    for watcher in earlyWatchers.removeValue(forKey: actor) ?? [] { actions.append(.publish(status, to: watcher)) }
    bury(status)
  }
}
