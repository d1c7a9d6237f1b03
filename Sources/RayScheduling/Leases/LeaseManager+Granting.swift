internal import RayProtocol

extension LeaseManager {
  /// Goes through the line of clients; each gets one lease per turn until nothing more can be granted.
  mutating func grantInTurn(now: Duration, actions: inout [LeaseAction]) {
    // Whoever cannot be served keeps the place in the line: resources only become fewer while this runs.
    var position = 0
    while position < lineup.count {
      let client = lineup[position]
      guard clients[client]!.demands.contains(where: { $0.pending > 0 }) else {
        clients[client]!.isInLine = false
        lineup.remove(at: position)
        continue
      }
      if grantOne(to: client, now: now, actions: &actions) {
        lineup.remove(at: position)
        lineup.append(client)
      } else {
        position += 1
      }
    }
  }

  private mutating func grantOne(to client: WorkerID, now: Duration, actions: inout [LeaseAction]) -> Bool {
    let count = clients[client]!.demands.count
    let turn = clients[client]!.turn
    for offset in 0..<count {
      let index = (turn + offset) % count
      guard clients[client]!.demands[index].pending > 0, mayServe(client, clients[client]!.demands[index]) else { continue }
      let environment = clients[client]!.demands[index].terms.environment
      if client == Self.control {
        guard let position = idle.firstIndex(where: { workers[$0]!.environment == environment }) else { continue }
        host(demand: index, worker: idle.remove(at: position), now: now, actions: &actions)
        return true
      }
      guard let worker = chooseWorker(for: client, environment) else { continue }
      clients[client]!.turn = index + 1
      grant(client: client, demand: index, worker: worker, now: now, actions: &actions)
      return true
    }
    return false
  }

  /// A process the client knows already, else the one used last, whose caches are warm; else one whose tasks all wait.
  private func chooseWorker(for client: WorkerID, _ environment: RuntimeEnvironmentID) -> WorkerID? {
    if workers[client]?.environment == environment, blocked.contains(client) { return client }
    var choice: WorkerID?
    for id in idle.reversed() where workers[id]!.environment == environment {
      if peers.areIntroduced(client, id) { return id }
      if choice == nil { choice = id }
    }
    return choice
      ?? blocked.filter { workers[$0]!.environment == environment }
      .min { workers[$0]!.suspended.count < workers[$1]!.suspended.count }
  }

  mutating func grant(
    client: WorkerID, demand index: Int, worker: WorkerID, now: Duration, actions: inout [LeaseAction]
  ) {
    let demand = clients[client]!.demands[index]
    guard let assigned = resources.allocate(demand.terms.resources) else { return }
    let lease = makeLeaseID()
    leases[lease] = Lease(
      client: client, schedulingClass: demand.schedulingClass, worker: worker, assigned: assigned, grantedAt: now)
    if assigned.resources.isEmpty { freeLeaseCount += 1 }
    withDemand(client, at: index) {
      $0.held += 1
      $0.waitingSince = now
    }
    occupy(worker, with: lease)
    if reservation?.client == client, reservation?.schedulingClass == demand.schedulingClass { reservation = nil }
    if peers.introduce(client, worker) { actions.append(.introduce(client, worker)) }
    actions.append(
      .grant(
        client: client,
        .init(lease: lease, schedulingClass: demand.schedulingClass, worker: worker, assigned: assigned)))
  }

  private mutating func occupy(_ worker: WorkerID, with lease: LeaseID) {
    if workers[worker]!.suspended.isEmpty {
      if let position = idle.lastIndex(of: worker) { idle.remove(at: position) }
    } else if let position = blocked.lastIndex(of: worker) {
      blocked.remove(at: position)
    }
    workers[worker]!.active = lease
    workers[worker]!.leaseEventCount += 1
    leases[lease]!.announcedAt = workers[worker]!.leaseEventCount
  }

  /// Looks at resources only, not at processes.
  func mayServe(_ client: WorkerID, _ demand: Demand) -> Bool {
    // Actors have processes of their own: the bound on leases without resources is not for them.
    let fits =
      client == Self.control
      ? resources.canAllocate(demand.terms.resources) : canStartLease(demand.terms.resources)
    guard fits else { return false }
    guard let reservation, reservation.client != client || reservation.schedulingClass != demand.schedulingClass else {
      return true
    }
    guard demand.terms.resources.entries.contains(where: { reservation.resources[$0.name] > 0 }) else { return true }
    var both = reservation.resources
    both.add(demand.terms.resources)
    return resources.available.covers(both)
  }

  func canStartLease(_ request: ResourceSet) -> Bool {
    request.isEmpty ? freeLeaseCount < configuration.freeLeaseCountMax : resources.canAllocate(request)
  }
}
