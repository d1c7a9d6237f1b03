package import RayProtocol

extension LeaseManager {
  /// A process has said hello: it serves, and may ask for leases itself.
  package mutating func workerStarted(_ id: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard workers[id]?.state == .starting else { return }
    workers[id]!.state = .ready
    startFailures[workers[id]!.environment] = nil
    clientJoined(id)
    becomeIdle(id, now: now)
    serve(now: now, actions: &actions)
  }

  /// A process is gone, or never came up; `reason` is for those who wait for one that starts.
  package mutating func workerExited(_ id: WorkerID, reason: String, now: Duration, actions: inout [LeaseAction]) {
    guard let worker = workers.removeValue(forKey: id) else { return }
    idle.removeAll { $0 == id }
    blocked.removeAll { $0 == id }
    revokeLeases(on: id, now: now, actions: &actions)
    releasePlace(of: worker)
    removeClient(id, now: now, actions: &actions)
    if worker.state == .starting { startFailed(worker.environment, reason: reason, now: now, actions: &actions) }
    serve(now: now, actions: &actions)
  }

  private mutating func revokeLeases(on id: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    for (lease, entry) in leases.filter({ $0.value.worker == id }).sorted(by: { $0.key < $1.key }) {
      endLease(lease, now: now)
      if entry.client != id { actions.append(.revoke(lease, client: entry.client, worker: id)) }
    }
  }

  private mutating func releasePlace(of worker: Worker) {
    guard case .dedicated(let actor) = worker.state, let place = places.removeValue(forKey: actor) else { return }
    if worker.isLending { resources.takeBackCPU(of: place.assigned) }
    resources.release(place.assigned)
  }

  /// An idle process is still needed: it owns values or has work of its own.
  package mutating func retireRefused(_ id: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard workers[id]?.state == .retiring else { return }
    workers[id]!.state = .ready
    workers[id]!.idleSince = now
    idle.append(id)
    serve(now: now, actions: &actions)
  }

  /// Longest idle first, down to the number kept ready; of other environments none is kept.
  mutating func retireIdleWorkers(now: Duration, actions: inout [LeaseAction]) {
    for id in retirableWorkers where now - workers[id]!.idleSince >= configuration.idleTimeout {
      setRetiring(id)
      actions.append(.retireWorker(id))
    }
  }

  var retirableWorkers: [WorkerID] {
    guard !idle.isEmpty else { return [] }
    var spare = poolCount(.inherited) - configuration.prestartCount
    return idle.filter {
      guard workers[$0]!.environment == .inherited else { return true }
      spare -= 1
      return spare >= 0
    }
  }

  mutating func setRetiring(_ id: WorkerID) {
    workers[id]!.state = .retiring
    idle.removeAll { $0 == id }
  }

  /// Processes that serve leases, or will.
  private func poolCount(_ environment: RuntimeEnvironmentID) -> Int {
    workers.values.count { $0.environment == environment && ($0.state == .ready || $0.state == .starting) }
  }

  // MARK: Starting

  /// Starts one process for each demand that has its resources but no process, and those that are kept ready.
  mutating func startWorkers(now: Duration, actions: inout [LeaseAction]) {
    var needed: [RuntimeEnvironmentID: Int] = [:]
    if !lineup.isEmpty { countNeededWorkers(&needed) }
    let ready = workers.values.count { $0.environment == .inherited && $0.state == .ready }
    // Those a demand waits for will be taken by it, except that they are kept ready afterwards all the same.
    let prestart = startFailures[.inherited].map { $0.count < configuration.startFailureCountMax } ?? true
    if prestart { needed[.inherited] = max(needed[.inherited] ?? 0, configuration.prestartCount - ready) }
    if needed.isEmpty { return }
    for (environment, count) in needed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      start(count, environment, now: now, actions: &actions)
    }
  }

  private func countNeededWorkers(_ needed: inout [RuntimeEnvironmentID: Int]) {
    var planned = resources.available
    var freeLeases = configuration.freeLeaseCountMax - freeLeaseCount
    for client in lineup {
      for demand in clients[client]!.demands where demand.pending > 0 && mayServe(client, demand) {
        let request = demand.terms.resources
        var count = demand.pending
        for entry in request.entries { count = min(count, Int(max(0, planned[entry.name]) / entry.amount)) }
        if request.isEmpty, client != Self.control {
          count = min(count, freeLeases)
          freeLeases -= count
        }
        guard count > 0 else { continue }
        for entry in request.entries { planned[entry.name] -= entry.amount * Int64(count) }
        needed[demand.terms.environment, default: 0] += count
      }
    }
  }

  private mutating func start(
    _ count: Int, _ environment: RuntimeEnvironmentID, now: Duration, actions: inout [LeaseAction]
  ) {
    if let failures = startFailures[environment], failures.retryAt > now { return }
    let starting = workers.values.count { $0.state == .starting }
    let same = workers.values.count { $0.state == .starting && $0.environment == environment }
    var wanted = min(count - same, configuration.startingCountMax - starting)
    // One at a time is enough to see whether it works again.
    if startFailures[environment] != nil { wanted = min(wanted, 1 - same) }
    while wanted > 0 {
      guard workers.count < configuration.workerCountMax else { return makeRoom(for: environment, actions: &actions) }
      let id = makeWorkerID()
      workers[id] = Worker(environment: environment)
      actions.append(.startWorker(id, environment))
      wanted -= 1
    }
  }

  /// The bound on processes is reached: an idle one of another environment makes room.
  private mutating func makeRoom(for environment: RuntimeEnvironmentID, actions: inout [LeaseAction]) {
    guard let id = idle.first(where: { workers[$0]!.environment != environment }),
      !workers.values.contains(where: { $0.state == .retiring })
    else { return }
    setRetiring(id)
    actions.append(.retireWorker(id))
  }

  private mutating func startFailed(
    _ environment: RuntimeEnvironmentID, reason: String, now: Duration, actions: inout [LeaseAction]
  ) {
    var failures = startFailures[environment] ?? StartFailures()
    failures.count += 1
    let doublings = min(failures.count - 1, 16)
    failures.retryAt = now + min(configuration.startPause * (1 << doublings), configuration.startPauseMax)
    failures.lastReason = reason
    startFailures[environment] = failures
    let hasOther = workers.values.contains { $0.environment == environment && $0.state == .ready }
    guard failures.count >= configuration.startFailureCountMax, !hasOther else { return }
    failDemands(environment, reason: reason, actions: &actions)
  }

  private mutating func failDemands(_ environment: RuntimeEnvironmentID, reason: String, actions: inout [LeaseAction]) {
    for client in lineup {
      for index in clients[client]!.demands.indices.reversed() {
        let demand = clients[client]!.demands[index]
        guard demand.terms.environment == environment, demand.pending > 0 else { continue }
        if client == Self.control {
          failActors(at: index, reason: reason, actions: &actions)
        } else {
          if demand.held == 0 {
            clients[client]!.demands.remove(at: index)
          } else {
            withDemand(client, at: index) { $0.wanted = $0.held }
          }
          actions.append(.demandFailed(client: client, demand.schedulingClass, reason: reason))
        }
      }
    }
    if let reservation, lineup.contains(reservation.client) { self.reservation = nil }
  }

  // MARK: Peers

  /// A client wants to talk to a worker or to the driver.
  package mutating func peerRequested(
    by client: WorkerID, _ worker: WorkerID, isRepeated: Bool, actions: inout [LeaseAction]
  ) {
    guard clients[client] != nil else { return }
    guard client != worker, worker != Self.control, clients[worker] != nil else {
      return actions.append(.peerGone(client, worker))
    }
    if peers.introduce(client, worker) || isRepeated { actions.append(.introduce(client, worker)) }
  }
}
