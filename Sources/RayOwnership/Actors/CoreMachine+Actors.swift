package import RayProtocol

/// What the node tells about an actor.
package enum ActorChange: Sendable {
  case pending
  case alive(worker: WorkerID, restartCount: UInt32)
  case restarting
  case dead(RayError)
  /// It was never made: another actor had the name its creator wanted to get or to give.
  case standsFor(ActorID)
}

extension CoreMachine {
  /// The object that counts an actor's handles; its owner is the process that created the actor.
  func actorLifetime(_ id: ActorID) -> ObjectID { ObjectID(owner: id.creator, index: id.index) }

  @inline(__always)
  func actorClient(_ id: ActorID) -> ActorClient {
    // Calls come in rows for the same actor.
    if let actor = lastActor, actor.id == id { return actor }
    let actor = knownActorClient(id)
    lastActor = actor
    return actor
  }

  private func knownActorClient(_ id: ActorID) -> ActorClient {
    if let actor = actors[id] { return actor }
    let actor = ActorClient(id: id)
    actors[id] = actor
    node.watchActor(id)
    return actor
  }

  // MARK: Creating

  /// Creates an actor once its arguments are there; returns its name, with one handle counted.
  package func createActor(
    _ specification: ActorSpec, direct: [ObjectID], nested: [ObjectID]
  ) -> ActorID {
    let id = ActorID(creator: me, index: makeActorLifetime())
    let actor = ActorClient(id: id)
    actor.status = .pending
    actors[id] = actor
    for reference in direct { pin(reference) }
    for reference in nested { pin(reference) }
    let references = ArgumentReferences(direct: direct, nested: nested)
    actor.creationReferences = references
    let missing = direct.filter { !isReady($0) }
    var specification = specification
    specification.id = id
    actor.pendingCreation = PendingActor(specification: specification, missing: missing.count)
    for reference in missing { add(WaitNode(.creation(actor)), to: reference) }
    if missing.isEmpty { submitCreation(of: actor) }
    return id
  }

  func creationArgumentReady(_ actor: ActorClient) {
    guard let pending = actor.pendingCreation else { return }
    pending.missing -= 1
    if pending.missing == 0 { submitCreation(of: actor) }
  }

  private func submitCreation(of actor: ActorClient) {
    guard let pending = actor.pendingCreation, let references = actor.creationReferences else {
      return
    }
    actor.pendingCreation = nil
    if let error = firstFailure(references.direct) {
      // Others that have a handle of it ask the node.
      node.releaseActor(actor.id)
      return actorDied(actor, error)
    }
    if !references.direct.isEmpty {
      guard let resolved = pending.specification.creation.withUnsafeBytes({ resolvedArguments($0, references) }) else {
        return actorDied(actor, encodeError(RayError(.internalError, "the creation arguments could not be resolved")))
      }
      pending.specification.creation = resolved
    }
    node.createActor(pending.specification)
  }

  /// The last handle anywhere is gone.
  func actorLifetimeEnded(_ index: UInt64) {
    let id = ActorID(creator: me, index: index)
    node.releaseActor(id)
    if let actor = actors[id], actor.pendingCreation != nil {
      // It never came to be: its arguments were still awaited.
      actor.pendingCreation = nil
      return actorDied(actor, encodeError(RayError(.actorDied, "the actor's last handle was released before it was created")))
    }
    if let actor = actors[id], actor.standsFor != nil { return forget(actor) }
    forgetIfDone(id)
  }

  // MARK: Calling

  /// Calls in flight or waiting at one actor.
  package func pendingCallCount(_ id: ActorID) -> Int {
    actors[id].map { $0.waiting.count + $0.inFlight.count } ?? 0
  }

  @inline(__always)
  func callBegan(at actor: ActorClient) {
    if actor.unfinishedCount == 0 { pin(actorLifetime(actor.id)) }
    actor.unfinishedCount += 1
  }

  @inline(__always)
  func callEnded(at actor: ActorClient) {
    actor.unfinishedCount -= 1
    if actor.unfinishedCount == 0 { unpin(actorLifetime(actor.id)) }
  }

  /// Sends a call that nothing holds back without queueing it first.
  @inline(__always)
  func sendAtOnce(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, to actor: ActorClient) -> Bool {
    guard actor.waiting.isEmpty, case .alive = actor.status else { return false }
    send(task, record, on: actor, leaseID: 0)
    return true
  }

  func enqueueActorTask(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, at actor: ActorClient) {
    actor.waiting.append(UInt32(truncatingIfNeeded: task), record, in: tasks)
  }

  /// A retry goes before everything that was not sent yet.
  func enqueueAgain(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, at actor: ActorClient
  ) {
    record.pointee.stage = .queued
    actor.waiting.prepend(UInt32(truncatingIfNeeded: task), record, in: tasks)
    pump(actor)
  }

  /// Sends what is ready, in the order the calls were made: a call whose arguments are missing holds back the later ones.
  func pump(_ actor: ActorClient) {
    if case .dead(let error) = actor.status { return failAll(of: actor, error) }
    guard case .alive = actor.status else { return }
    while !actor.waiting.isEmpty {
      let slot = actor.waiting.first
      let record = tasks.pointer(slot)
      guard record.pointee.stage == .queued else { return }
      actor.waiting.remove(record, in: tasks)
      send(tasks.index(ofSlot: slot), record, on: actor, leaseID: 0)
    }
  }

  // MARK: Changes

  /// How the node took the creation of an actor.
  package func actorRegistered(_ id: ActorID, _ registration: ActorRegistration) {
    guard let actor = actors[id] else { return }
    switch registration {
    case .created: break
    case .nameTaken:
      let message = "another live actor has that name in that namespace; ask for it by name, or pass getIfExists: true"
      actorRefused(id, RayError(.actorNameTaken, message))
    case .existing(let other, _):
      // What it would have been made of may be a handle of that very actor, which would then never end.
      releaseCreationReferences(of: actor)
      stand(actor, for: other)
    }
  }

  /// The actor will never be: its calls fail with the reason.
  package func actorRefused(_ id: ActorID, _ error: RayError) {
    if let actor = actors[id] { actorDied(actor, encodeError(error)) }
  }

  /// From now on this handle speaks for an actor that somebody else created.
  private func stand(_ actor: ActorClient, for other: ActorID) {
    guard actor.standsFor == nil else { return }
    actor.standsFor = other
    aliases[other, default: []].append(actor)
    node.watchActor(other)
  }

  package func actorChanged(_ id: ActorID, _ change: ActorChange) {
    if let actor = actors[id] { apply(change, to: actor) }
    for actor in aliases[id] ?? [] { apply(change, to: actor) }
  }

  private func apply(_ change: ActorChange, to actor: ActorClient) {
    if case .dead = actor.status { return }
    switch change {
    case .pending: if case .unknown = actor.status { actor.status = .pending }
    case .alive(let worker, let restartCount): actorAlive(actor, worker, restartCount)
    case .restarting: actorRestarting(actor)
    case .dead(let error): actorDied(actor, encodeError(error))
    case .standsFor(let other): stand(actor, for: other)
    }
  }

  private func actorAlive(_ actor: ActorClient, _ worker: WorkerID, _ restartCount: UInt32) {
    if let old = actor.worker, old != worker { detach(actor) }
    actor.restartCount = restartCount
    if worker != me {
      let peer = peer(worker)
      guard !peer.isClosed else { return }
      if actor.peer !== peer { peer.actors.append(actor) }
      actor.peer = peer
    }
    // Without a peer it lives in this process: it calls itself.
    actor.worker = worker
    actor.status = .alive
    settleActorOrphans(actor)
    pump(actor)
  }

  private func actorRestarting(_ actor: ActorClient) {
    detach(actor)
    actor.status = .restarting
    settleActorOrphans(actor)
  }

  /// The connection broke; the node will say whether the actor comes back.
  func actorConnectionLost(_ actor: ActorClient) {
    detach(actor)
    if case .alive = actor.status { actor.status = .restarting }
  }

  private func detach(_ actor: ActorClient) {
    let calls = takeInFlight(actor)
    if !calls.isEmpty { actorOrphans[actor.id, default: []] += calls }
    actor.peer?.actors.removeAll { $0 === actor }
    actor.peer = nil
    actor.worker = nil
  }

  /// Calls that were in flight at the dead process: repeated when they may be, else failed as possibly executed.
  private func settleActorOrphans(_ actor: ActorClient) {
    guard let orphans = actorOrphans.removeValue(forKey: actor.id) else { return }
    for task in orphans.reversed() {
      guard let record = tasks.find(task), record.pointee.stage == .orphaned else { continue }
      record.pointee.lane = .passUnretained(actor)
      if record.pointee.retriesLeft != 0, record.pointee.flags & TaskRecord.cancelled == 0 {
        retry(task, record)
      } else {
        failActorOrphan(task, record, encodeError(unavailable(actor, record)))
      }
    }
  }

  private func unavailable(_ actor: ActorClient, _ record: UnsafeMutablePointer<TaskRecord>)
    -> RayError
  {
    var details = RayError.Details()
    details.actor = actor.id
    details.function = functionNames[Int(record.pointee.function)]
    let message =
      "the actor's process died while the call was in flight; the call may or may not have run (maxTaskRetries repeats it)"
    return RayError(.actorUnavailable, message, details: details)
  }

  private func failActorOrphan(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, _ error: [UInt8]
  ) {
    let results = results(of: record)
    let isStream = record.pointee.flags & TaskRecord.stream != 0
    endRecord(task, record)
    for result in results { fail(result, error) }
    if isStream { streamEnded(results[0]) }
  }

  private func actorDied(_ actor: ActorClient, _ error: [UInt8]) {
    detach(actor)
    actor.status = .dead(error: error)
    if let orphans = actorOrphans.removeValue(forKey: actor.id) {
      for task in orphans {
        guard let record = tasks.find(task), record.pointee.stage == .orphaned else { continue }
        record.pointee.lane = .passUnretained(actor)
        failActorOrphan(task, record, error)
      }
    }
    failAll(of: actor, error)
    releaseCreationReferences(of: actor)
    forgetIfDone(actor.id)
  }

  private func releaseCreationReferences(of actor: ActorClient) {
    guard let references = actor.creationReferences else { return }
    actor.creationReferences = nil
    for id in references.direct { unpin(id) }
    for id in references.nested { unpin(id) }
  }

  private func failAll(of actor: ActorClient, _ error: [UInt8]) {
    while !actor.waiting.isEmpty { failTask(tasks.index(ofSlot: actor.waiting.first), error) }
  }

  /// A dead actor that nothing here refers to needs no entry: asking again gives the same answer.
  func forgetIfDone(_ id: ActorID) {
    guard let actor = actors[id], case .dead = actor.status, actor.waiting.isEmpty, actor.inFlight.isEmpty
    else { return }
    let isReferred =
      id.creator == me ? objects.find(id.index) != nil : borrowed[actorLifetime(id)] != nil
    if !isReferred { forget(actor) }
  }

  private func forget(_ actor: ActorClient) {
    detach(actor)
    actors[actor.id] = nil
    guard let other = actor.standsFor else { return }
    aliases[other]?.removeAll { $0 === actor }
    if aliases[other]?.isEmpty == true { aliases[other] = nil }
  }
}
