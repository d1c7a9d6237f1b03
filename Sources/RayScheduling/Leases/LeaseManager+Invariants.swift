package import RayProtocol

extension LeaseManager {
  /// What is wrong with the tables; empty when nothing is. For tests and for debug builds.
  package func checkInvariants() -> [String] {
    var problems: [String] = []
    func expect(_ condition: Bool, _ text: @autoclosure () -> String) { if !condition { problems.append(text()) } }
    checkResources(expect)
    checkWorkers(expect)
    checkLeases(expect)
    checkClients(expect)
    return problems
  }

  private func checkResources(_ expect: (Bool, @autoclosure () -> String) -> Void) {
    var sum = resources.available
    var devices: Int64 = resources.freeDeviceAmount
    for lease in leases.values {
      sum.add(lease.assigned.resources)
      if lease.isSuspended { sum[ResourceSet.cpu] -= lease.assigned.resources[ResourceSet.cpu] }
      devices += lease.assigned.gpus.reduce(0) { $0 + $1.amount }
    }
    for place in places.values {
      sum.add(place.assigned.resources)
      if workers[place.worker]?.isLending == true { sum[ResourceSet.cpu] -= place.assigned.resources[ResourceSet.cpu] }
      devices += place.assigned.gpus.reduce(0) { $0 + $1.amount }
    }
    expect(sum == resources.total, "free and used make \(sum), not \(resources.total)")
    expect(devices == resources.total[ResourceSet.gpu], "parts of devices are lost")
    expect(resources.devicesAreWithinBounds, "a device was given twice")
    for entry in resources.available.entries where entry.name != ResourceSet.cpu {
      expect(entry.amount >= 0, "resource '\(entry.name)' was given twice")
    }
  }

  private func checkWorkers(_ expect: (Bool, @autoclosure () -> String) -> Void) {
    expect(Set(idle).count == idle.count, "a worker is idle twice")
    expect(Set(blocked).count == blocked.count, "a worker is blocked twice")
    for (id, worker) in workers {
      let isIdle = worker.state == .ready && worker.hasNoLease
      expect(idle.contains(id) == isIdle, "worker \(id) is in the wrong place: idle \(isIdle)")
      let isBlocked = worker.active == nil && !worker.suspended.isEmpty
      expect(blocked.contains(id) == isBlocked, "worker \(id) is in the wrong place: blocked \(isBlocked)")
      if worker.state != .ready { expect(worker.hasNoLease, "worker \(id) serves leases while \(worker.state)") }
      if let active = worker.active {
        expect(leases[active]?.worker == id && leases[active]?.isSuspended == false, "\(active) of worker \(id) is not active")
      }
      for lease in worker.suspended {
        expect(leases[lease]?.worker == id && leases[lease]?.isSuspended == true, "\(lease) of worker \(id) is not suspended")
      }
      if case .dedicated(let actor) = worker.state {
        expect(places[actor]?.worker == id, "worker \(id) hosts an actor without a place")
      }
    }
    for place in places.values { expect(workers[place.worker] != nil, "an actor's worker is gone, its place is not") }
    for member in peers.members { expect(clients[member] != nil, "dead process \(member) is still introduced") }
  }

  private func checkLeases(_ expect: (Bool, @autoclosure () -> String) -> Void) {
    for (id, lease) in leases {
      let worker = workers[lease.worker]
      expect(worker?.active == id || worker?.suspended.contains(id) == true, "\(id) has no worker")
      expect(clients[lease.client]?.index(of: lease.schedulingClass) != nil, "\(id) has no client")
    }
    let free = leases.values.count { !$0.isSuspended && $0.assigned.resources.isEmpty }
    expect(free == freeLeaseCount, "\(free) leases are free, counted \(freeLeaseCount)")
  }

  private func checkClients(_ expect: (Bool, @autoclosure () -> String) -> Void) {
    expect(Set(lineup).count == lineup.count, "a client is in line twice")
    for (id, client) in clients {
      expect(lineup.contains(id) == client.isInLine, "client \(id) is in the wrong place")
      for demand in client.demands {
        expect(demand.pending == 0 || client.isInLine, "client \(id) waits, but not in line")
        let held = leases.values.count { $0.client == id && $0.schedulingClass == demand.schedulingClass }
        expect(held == demand.held, "client \(id) holds \(held) leases of \(demand.schedulingClass), counted \(demand.held)")
        expect(demand.held > 0 || demand.wanted > 0, "client \(id) keeps an empty demand")
        expect(id != Self.control || demand.actors.count == demand.wanted, "waiting actors are not counted")
      }
    }
    if let reservation { expect(clients[reservation.client] != nil, "a dead client keeps a reservation") }
  }

  /// Demands that could be served now by a process that is free now: there must be none after an event.
  package func unservedDemands() -> [String] {
    var found: [String] = []
    for client in lineup {
      for demand in clients[client]!.demands where demand.pending > 0 && mayServe(client, demand) {
        let candidates = client == Self.control ? idle : idle + blocked
        if candidates.contains(where: { workers[$0]!.environment == demand.terms.environment }) {
          found.append("client \(client), \(demand.schedulingClass)")
        }
      }
    }
    return found
  }

  /// Numbers for reports and tests.
  package var workerCount: Int { workers.count }
  package var leaseCount: Int { leases.count }
  package var idleCount: Int { idle.count }
  package var pendingCount: Int { clients.values.reduce(0) { $0 + $1.pending } }
}

extension LeaseManager {
  /// True for a process that is dedicated to an actor.
  package func isHost(_ worker: WorkerID) -> Bool {
    if case .dedicated = workers[worker]?.state { true } else { false }
  }
}
