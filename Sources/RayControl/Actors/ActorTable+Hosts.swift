package import RayProtocol

// What processes and the scheduler report.
extension ActorTable {
  func place(_ actor: ActorID, actions: inout [ActorAction]) {
    guard let spec = records[actor]?.spec else { return }
    let terms = LeaseTerms(
      resources: spec.placementResources, strategy: spec.strategy, environment: spec.environment)
    actions.append(.place(actor, terms, held: spec.heldResources))
  }

  /// The pause after a failed start is over.
  package func placementDue(_ actor: ActorID, actions: inout [ActorAction]) {
    guard let record = records[actor], record.host == nil, record.state == .restarting else { return }
    place(actor, actions: &actions)
  }

  /// The scheduler gave it a process.
  package mutating func actorPlaced(
    _ actor: ActorID, on worker: WorkerID, _ assigned: AssignedResources, actions: inout [ActorAction]
  ) {
    guard let record = records[actor], record.host == nil else {
      return actions.append(.killHost(worker, reason: "the actor it was meant for is gone"))
    }
    records[actor]!.host = worker
    hosted[worker] = actor
    actions.append(.run(record.spec, restartCount: record.restartCount, on: worker, assigned))
  }

  /// The scheduler will never have a process for it.
  package mutating func actorUnplaceable(_ actor: ActorID, _ cause: ActorDeathCause, actions: inout [ActorAction]) {
    die(actor, cause, actions: &actions)
  }

  /// The constructor has returned.
  package mutating func actorCreated(_ actor: ActorID, by worker: WorkerID, actions: inout [ActorAction]) {
    guard let record = records[actor], record.host == worker else { return }
    guard record.state == .pending || record.state == .restarting else { return }
    records[actor]!.state = .alive(worker)
    records[actor]!.failedStartCount = 0
    actions.append(.started(actor))
    publish(actor, actions: &actions)
    if record.isReleased { actions.append(.terminateAfterQueue(actor, on: worker)) }
  }

  /// The constructor threw.
  package mutating func actorCreationFailed(
    _ actor: ActorID, error: [UInt8], by worker: WorkerID, actions: inout [ActorAction]
  ) {
    guard let record = records[actor], record.host == worker else { return }
    die(actor, .creationFailed(error), actions: &actions)
    actions.append(.killHost(worker, reason: "the constructor of its actor threw"))
  }

  /// The process is about to end on purpose.
  package mutating func actorExited(_ actor: ActorID, by worker: WorkerID, actions: inout [ActorAction]) {
    guard let record = records[actor], record.host == worker else { return }
    die(actor, record.isReleased ? .released : .exited, actions: &actions)
    actions.append(.expectEnd(of: worker))
  }

  /// A process is gone: the actor it hosted, those it created, what it watched. The driver counts, too.
  package mutating func processDied(_ death: WorkerDeath, actions: inout [ActorAction]) {
    let worker = death.worker
    for actor in records.keys { records[actor]!.watchers.removeAll { $0 == worker } }
    for actor in standIns.keys { standIns[actor]!.watchers.removeAll { $0 == worker } }
    for (actor, watchers) in earlyWatchers where watchers.contains(worker) {
      earlyWatchers[actor] = watchers.filter { $0 != worker }
    }
    if let actor = hosted.removeValue(forKey: worker) { hostDied(actor, death, actions: &actions) }
    creatorDied(worker, actions: &actions)
  }

  private mutating func hostDied(_ actor: ActorID, _ death: WorkerDeath, actions: inout [ActorAction]) {
    guard let record = records[actor] else { return }
    records[actor]!.host = nil
    records[actor]!.wasKilled = false
    if record.isReleased { return die(actor, .released, actions: &actions) }
    let max = record.spec.restartCountMax
    guard max < 0 || record.restartCount < UInt32(max) else {
      return die(actor, record.wasKilled ? .killed : .workerDied(death), actions: &actions)
    }
    var wasAlive = false
    if case .alive = record.state { wasAlive = true }
    records[actor]!.restartCount &+= 1
    records[actor]!.state = .restarting
    publish(actor, actions: &actions)
    if wasAlive { return place(actor, actions: &actions) }
    records[actor]!.failedStartCount += 1
    let pause = configuration.restartPause * (1 << min(record.failedStartCount, 16))
    actions.append(.placeLater(actor, min(pause, configuration.restartPauseMax)))
  }

  private mutating func creatorDied(_ creator: WorkerID, actions: inout [ActorAction]) {
    let children = records.filter { $0.key.creator == creator && !$0.value.spec.isDetached }
    for (actor, record) in children.sorted(by: { $0.key.index < $1.key.index }) {
      die(actor, .creatorDied, actions: &actions)
      if let host = record.host {
        actions.append(.killHost(host, reason: "the process that created its actor is gone"))
      } else {
        actions.append(.withdraw(actor))
      }
    }
    let unborn = earlyWatchers.filter { $0.key.creator == creator }.sorted { $0.key.index < $1.key.index }
    for (actor, watchers) in unborn {
      earlyWatchers[actor] = nil
      end(actor, .creatorDied, watchers: watchers, actions: &actions)
    }
    // Handles that stand for somebody else's actor go on to mean it.
    for (actor, standIn) in standIns where actor.creator == creator {
      standIns[actor] = nil
      bury(standIn.status)
    }
  }
}
