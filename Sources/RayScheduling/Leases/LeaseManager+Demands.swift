package import RayProtocol

extension LeaseManager {
  /// A process that asks for leases but is not of the pool: the driver.
  package mutating func clientJoined(_ client: WorkerID) {
    if clients[client] == nil { clients[client] = Client() }
  }

  /// A client says how many leases of a class it wants in all.
  package mutating func leaseDemanded(
    by client: WorkerID, _ demand: LeaseDemand, now: Duration, actions: inout [LeaseAction]
  ) {
    guard client != Self.control, clients[client] != nil else { return }
    let shortage = demand.wantedCount == 0 ? nil : resources.shortage(for: demand.terms.resources)
    let saysShortage = record(demand, of: client, isInfeasible: shortage != nil, now: now)
    let subject = Shortage.Subject.demand(client, demand.schedulingClass)
    if let shortage {
      if saysShortage { report(shortage, of: subject, now: now, actions: &actions) }
    } else {
      forgetShortage(of: subject)
    }
    joinLine(client)
    serve(now: now, actions: &actions)
  }

  /// True when this is the first time that the class turns out to be infeasible.
  private mutating func record(_ demand: LeaseDemand, of client: WorkerID, isInfeasible: Bool, now: Duration) -> Bool {
    let wanted = Int(demand.wantedCount)
    guard let index = clients[client]!.index(of: demand.schedulingClass) else {
      guard wanted > 0 else { return false }
      var new = Demand(schedulingClass: demand.schedulingClass, terms: demand.terms, wanted: wanted, waitingSince: now)
      new.isInfeasible = isInfeasible
      clients[client]!.demands.append(new)
      return isInfeasible
    }
    let isNews = withDemand(client, at: index) { known in
      let wasPending = known.pending > 0
      let isNews = isInfeasible && (!known.isInfeasible || known.terms != demand.terms)
      known.terms = demand.terms
      known.wanted = wanted
      known.isInfeasible = isInfeasible
      if known.pending > 0, !wasPending { known.waitingSince = now }
      return isNews
    }
    if wanted == 0 { withdraw(client, at: index) }
    return isNews
  }

  private mutating func withdraw(_ client: WorkerID, at index: Int) {
    let demand = clients[client]!.demands[index]
    if reservation?.client == client, reservation?.schedulingClass == demand.schedulingClass { reservation = nil }
    if demand.held == 0 { clients[client]!.demands.remove(at: index) }
  }

  /// A client gives a lease back. Unknown leases are ignored: the return may cross a revocation.
  package mutating func leaseReturned(_ lease: LeaseID, by client: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard let entry = leases[lease], entry.client == client else { return }
    endLease(lease, now: now)
    actions.append(.leaseEnded(lease, worker: entry.worker))
    serve(now: now, actions: &actions)
  }

  /// A client that is not of the pool has gone.
  package mutating func clientLeft(_ client: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    removeClient(client, now: now, actions: &actions)
    serve(now: now, actions: &actions)
  }

  /// Ends everything a client had. What a worker computes for it alone is of no use to anybody any more.
  mutating func removeClient(_ client: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard clients.removeValue(forKey: client) != nil else { return }
    lineup.removeAll { $0 == client }
    forgetShortages(of: client)
    if reservation?.client == client { reservation = nil }
    peers.remove(client)
    for (lease, entry) in leases.filter({ $0.value.client == client }).sorted(by: { $0.key < $1.key }) {
      let wasComputing = workers[entry.worker]?.active == lease
      endLease(lease, now: now)
      actions.append(.leaseEnded(lease, worker: entry.worker))
      if wasComputing, let worker = workers[entry.worker], worker.hasNoLease, worker.state == .ready {
        setRetiring(entry.worker)
        actions.append(.killWorker(entry.worker, reason: "the process it worked for is gone"))
      }
    }
  }

  /// Takes the lease out of every table. The caller tells whoever must know.
  mutating func endLease(_ lease: LeaseID, now: Duration) {
    guard let entry = leases.removeValue(forKey: lease) else { return }
    if entry.isSuspended { resources.takeBackCPU(of: entry.assigned) }
    resources.release(entry.assigned)
    if !entry.isSuspended, entry.assigned.resources.isEmpty { freeLeaseCount -= 1 }
    settleDemand(of: entry, now: now)
    detach(lease, from: entry.worker, now: now)
  }

  private mutating func settleDemand(of entry: Lease, now: Duration) {
    guard let index = clients[entry.client]?.index(of: entry.schedulingClass) else { return }
    let isFinished = withDemand(entry.client, at: index) { demand in
      let wasPending = demand.pending > 0
      demand.held -= 1
      if demand.pending > 0, !wasPending { demand.waitingSince = now }
      return demand.held == 0 && demand.wanted == 0
    }
    if isFinished { clients[entry.client]!.demands.remove(at: index) } else { joinLine(entry.client) }
  }

  private mutating func detach(_ lease: LeaseID, from id: WorkerID, now: Duration) {
    guard workers[id] != nil else { return }
    workers[id]!.leaseEventCount += 1
    if workers[id]!.active == lease {
      workers[id]!.active = nil
      if workers[id]!.suspended.isEmpty {
        becomeIdle(id, now: now)
      } else if workers[id]!.saysBlocked {
        blocked.append(id)
      } else {
        // Another of its tasks has woken meanwhile, or it is about to say that none has.
        resume(id)
      }
    } else {
      workers[id]!.suspended.removeAll { $0 == lease }
      guard workers[id]!.hasNoLease else { return }
      blocked.removeAll { $0 == id }
      becomeIdle(id, now: now)
    }
  }

  mutating func becomeIdle(_ id: WorkerID, now: Duration) {
    guard workers[id]!.state == .ready else { return }
    workers[id]!.idleSince = now
    idle.append(id)
  }

  mutating func joinLine(_ client: WorkerID) {
    guard let entry = clients[client], !entry.isInLine, entry.demands.contains(where: { $0.pending > 0 }) else { return }
    clients[client]!.isInLine = true
    lineup.append(client)
  }

  mutating func withDemand<R>(_ client: WorkerID, at index: Int, _ change: (inout Demand) -> R) -> R {
    change(&clients[client]!.demands[index])
  }
}
