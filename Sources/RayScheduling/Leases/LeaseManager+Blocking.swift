package import RayProtocol

extension LeaseManager {
  /// All tasks of a worker are suspended: its CPU serves others, and so may the worker itself.
  ///
  /// `leaseEventCount` is the number, among the worker's `leased` and `leaseEnded` messages, of the newest lease of which it has
  /// started a task. A newer grant still waits for its first task and stays active; the worker reports again after that one.
  package mutating func workerBlocked(
    _ id: WorkerID, leaseEventCount: UInt64, now: Duration, actions: inout [LeaseAction]
  ) {
    guard let worker = workers[id] else { return }
    workers[id]!.saysBlocked = true
    if case .dedicated(let actor) = worker.state {
      guard !worker.isLending, let place = places[actor] else { return }
      workers[id]!.isLending = true
      resources.lendCPU(of: place.assigned)
    } else {
      guard let lease = worker.active, leaseEventCount >= leases[lease]!.announcedAt else { return }
      suspend(lease, of: id)
      grantToItself(id, now: now, actions: &actions)
    }
    serve(now: now, actions: &actions)
  }

  /// A task of a worker runs again, whether there is CPU for it or not.
  package mutating func workerUnblocked(_ id: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard let worker = workers[id] else { return }
    workers[id]!.saysBlocked = false
    if case .dedicated(let actor) = worker.state {
      guard worker.isLending, let place = places[actor] else { return }
      workers[id]!.isLending = false
      resources.takeBackCPU(of: place.assigned)
    } else {
      guard worker.active == nil, !worker.suspended.isEmpty else { return }
      resume(id)
    }
  }

  private mutating func suspend(_ lease: LeaseID, of id: WorkerID) {
    workers[id]!.active = nil
    workers[id]!.suspended.append(lease)
    blocked.append(id)
    leases[lease]!.isSuspended = true
    resources.lendCPU(of: leases[lease]!.assigned)
    if leases[lease]!.assigned.resources.isEmpty { freeLeaseCount -= 1 }
  }

  /// The lease that was suspended last computes again.
  mutating func resume(_ id: WorkerID) {
    let lease = workers[id]!.suspended.removeLast()
    workers[id]!.active = lease
    blocked.removeAll { $0 == id }
    leases[lease]!.isSuspended = false
    resources.takeBackCPU(of: leases[lease]!.assigned)
    if leases[lease]!.assigned.resources.isEmpty { freeLeaseCount += 1 }
  }

  /// A nested call runs where its caller waits: no process, no connection, and nobody else is served before somebody's
  /// result is there.
  private mutating func grantToItself(_ id: WorkerID, now: Duration, actions: inout [LeaseAction]) {
    guard let client = clients[id] else { return }
    let environment = workers[id]!.environment
    for offset in client.demands.indices {
      let index = (client.turn + offset) % client.demands.count
      let demand = client.demands[index]
      guard demand.pending > 0, demand.terms.environment == environment, canStartLease(demand.terms.resources) else {
        continue
      }
      return grant(client: id, demand: index, worker: id, now: now, actions: &actions)
    }
  }
}
