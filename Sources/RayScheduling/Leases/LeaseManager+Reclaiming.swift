internal import RayProtocol

extension LeaseManager {
  /// The first in line that has waited long enough calls leases back from those who have more.
  mutating func reclaim(now: Duration, actions: inout [LeaseAction]) {
    guard reservation == nil else { return }
    for client in lineup {
      for demand in clients[client]!.demands where isStarving(demand, now: now) {
        guard let victims = victims(for: demand, of: client, now: now) else { continue }
        for lease in victims {
          leases[lease]!.isReclaimRequested = true
          actions.append(.reclaim(lease, client: leases[lease]!.client))
        }
        reservation = Reservation(
          client: client, schedulingClass: demand.schedulingClass, resources: demand.terms.resources,
          until: now + configuration.reservationTimeout)
        return
      }
    }
  }

  private func isStarving(_ demand: Demand, now: Duration) -> Bool {
    demand.pending > 0 && now - demand.waitingSince >= configuration.reclaimDelay
      && !demand.terms.resources.isEmpty && !resources.canAllocate(demand.terms.resources)
  }

  /// Leases that together make room; nil when calling back does not help, or would only turn the tables.
  private func victims(for demand: Demand, of client: WorkerID, now: Duration) -> [LeaseID]? {
    var free = resources.available
    var candidates: [(LeaseID, Lease)] = []
    for (id, lease) in leases where !lease.isSuspended {
      if lease.isReclaimRequested {
        free.add(lease.assigned.resources)
      } else if mayReclaim(lease, for: demand, of: client, now: now) {
        candidates.append((id, lease))
      }
    }
    candidates.sort { ($0.1.grantedAt, $0.0) < ($1.1.grantedAt, $1.0) }
    var chosen: [LeaseID] = []
    for (id, lease) in candidates {
      if free.covers(demand.terms.resources) { break }
      guard demand.terms.resources.entries.contains(where: { free[$0.name] < $0.amount && lease.assigned.resources[$0.name] > 0 })
      else { continue }
      free.add(lease.assigned.resources)
      chosen.append(id)
    }
    return free.covers(demand.terms.resources) ? chosen : nil
  }

  private func mayReclaim(_ lease: Lease, for demand: Demand, of client: WorkerID, now: Duration) -> Bool {
    if lease.client == client, lease.schedulingClass == demand.schedulingClass { return false }
    guard now - lease.grantedAt >= configuration.leaseQuantum else { return false }
    guard demand.held > 0, let holder = clients[lease.client], let index = holder.index(of: lease.schedulingClass) else {
      return demand.held == 0
    }
    return holder.demands[index].held >= demand.held + 2
  }

  /// What was saved up did not suffice in time: everybody is served again, and the demand waits once more.
  mutating func endReservation(now: Duration) {
    guard let ended = reservation else { return }
    reservation = nil
    guard let index = clients[ended.client]?.index(of: ended.schedulingClass) else { return }
    let waitingSince = now + configuration.reservationTimeout
    withDemand(ended.client, at: index) { $0.waitingSince = waitingSince }
  }

  /// When ``timePassed(now:actions:)`` has something to do at the latest; nil when only an event can change anything.
  package func nextDeadline(now: Duration) -> Duration? {
    var deadline: Duration?
    func consider(_ time: Duration) { deadline = min(deadline ?? time, time) }
    if let reservation { consider(reservation.until) }
    for id in retirableWorkers { consider(workers[id]!.idleSince + configuration.idleTimeout) }
    if reservation == nil, !lineup.isEmpty, isContended { considerStarving(now: now, consider) }
    for shortage in shortages { consider(shortage.due) }
    for failures in startFailures.values where failures.retryAt > now { consider(failures.retryAt) }
    return deadline
  }

  /// Several classes want something: one may have to give way to another.
  private var isContended: Bool {
    var count = 0
    for client in clients.values {
      count += client.demands.count
      if count > 1 { return true }
    }
    return false
  }

  private func considerStarving(now: Duration, _ consider: (Duration) -> Void) {
    var isDue = false
    for client in lineup {
      for demand in clients[client]!.demands where demand.pending > 0 && !demand.terms.resources.isEmpty {
        let due = demand.waitingSince + configuration.reclaimDelay
        if due > now { consider(due) } else { isDue = true }
      }
    }
    guard isDue else { return }
    // Nobody could give way yet; leases that are too young may, once they are older.
    for lease in leases.values where !lease.isSuspended && !lease.isReclaimRequested {
      let due = lease.grantedAt + configuration.leaseQuantum
      if due > now { consider(due) }
    }
  }
}
