@testable internal import RayOwnership
internal import RayProtocol
@testable internal import RayScheduling

extension SimulatedProcess {
  /// What is still there, in words, for the report of a leak.
  var leftovers: [String] {
    var lines: [String] = []
    machine.objects.forEachTaken { index, object in
      let id = ObjectID(owner: id, index: index)
      let known = cluster.model.objects[id]
      let isStream = known?.task?.isStream == true
      lines.append(
        "object \(id.short) \(object.pointee.place)\(isStream ? " (stream)" : "")\(known == nil ? " (unread element)" : "")"
          + " task \(known?.task?.number ?? 0) local \(object.pointee.localCount) pins \(object.pointee.pinCount)"
          + " borrowers \(object.pointee.borrowerCount)\(holders(of: index))")
    }
    machine.tasks.forEachTaken { index, record in
      let queue = record.pointee.queue?.takeUnretainedValue()
      lines.append(
        "task \(record.pointee.stage), attempt \(record.pointee.attempt), result \(record.pointee.firstResult & 0xFFFF)"
          + (queue.map { ", queue of \($0.waiting.count) for \($0.pool.terms.resources), asked for \($0.pool.wanted)" }
            ?? ", of an actor")
      )
    }
    for object in machine.borrowed.values.sorted(by: { ($0.id.owner, $0.id.index) < ($1.id.owner, $1.id.index) }) {
      lines.append(
        "borrowed \(object.id.short) \(object.place) \(object.registration) local \(object.localCount) pins \(object.pinCount)")
    }
    for lease in machine.leases.values.sorted(by: { $0.id < $1.id }) {
      lines.append("lease \(lease.id) on \(lease.worker.short) with \(lease.inFlight.count) in flight")
    }
    for actor in machine.actors.values.sorted(by: { ($0.id.creator, $0.id.index) < ($1.id.creator, $1.id.index) }) {
      let other = actor.standsFor.map { " for \($0)" } ?? ""
      lines.append("actor \(actor.id) \(actor.status)\(other), \(actor.unfinishedCount) calls")
    }
    for (id, actors) in machine.aliases { lines.append("\(actors.count) handles that stand for actor \(id)") }
    for (id, calls) in machine.actorOrphans { lines.append("\(calls.count) orphaned calls of actor \(id)") }
    return lines
  }

  private func holders(of index: UInt64) -> String {
    let holders = machine.peers.values.filter { $0.borrows[index] != nil }.map(\.id).sorted()
    return holders.isEmpty ? "" : " held by \(holders.map(\.short))"
  }

  /// Notes every change of the watched object's counts.
  func noteWatched() {
    guard let watched = cluster.watched else { return }
    var counts: [String] = []
    machine.objects.forEachTaken { index, object in
      guard ObjectID(owner: id, index: index).short == watched else { return }
      counts.append(
        "local \(object.pointee.localCount) pins \(object.pointee.pinCount) borrowers \(object.pointee.borrowerCount)"
          + holders(of: index))
    }
    for object in machine.borrowed.values where object.id.short == watched {
      counts.append("\(object.registration) local \(object.localCount) pins \(object.pinCount) holds \(object.holds)")
    }
    let text = counts.joined()
    if text != lastCounts { cluster.note("\(id.short) has \(watched): \(text)") }
    lastCounts = text
  }
}

extension SimulatedNode {
  /// Who serves whom and who waits, for the report of a run that stands still.
  var standing: [String] {
    var lines = ["free: \(leases.resources.available)"]
    for (id, worker) in leases.workers.sorted(by: { $0.key < $1.key }) {
      let client = { (lease: LeaseID) in "\(lease.rawValue) of \(self.leases.leases[lease]?.client.short ?? "nobody")" }
      lines.append(
        "\(id.short) \(worker.state), active \(worker.active.map(client) ?? "none"), suspended \(worker.suspended.map(client))"
          + (worker.saysBlocked ? ", says blocked" : ""))
    }
    for (id, client) in leases.clients.sorted(by: { $0.key < $1.key }) {
      for demand in client.demands {
        lines.append("\(id.short) wants \(demand.wanted) of \(demand.terms.resources), holds \(demand.held)")
      }
    }
    return lines
  }
}

extension SimulatedProcess {
  var standing: [String] {
    executions.map { "\(id.short) \($0.name) \($0.isSuspended ? "waits for \($0.waiter?.ids.map(\.short) ?? [])" : "runs")" }
      + (machine.runningCount > 0 ? ["\(id.short) blocked \(isBlockedReported) at \(blockedReportCount), \(progress)"] : [])
  }
}
