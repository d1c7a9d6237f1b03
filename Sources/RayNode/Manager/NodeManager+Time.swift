internal import RayControl
internal import RayProtocol
internal import RayScheduling
internal import RayTransport

extension NodeManager {
  /// Wakes the node when the first of its deadlines comes.
  func armTimer() {
    guard let time = nextDeadline() else { return }
    if let timer {
      if timer.time <= time { return }
      loop.cancel(timer.id)
    }
    let id = loop.schedule(after: max(.zero, time - now)) { [self] in timeCame() }
    timer = (id, time)
  }

  private func nextDeadline() -> Duration? {
    var deadlines = [workers.nextDeadline, logs.nextDeadline(now: now)]
    if !isStopping {
      deadlines.append(leases.nextDeadline(now: now))
      deadlines += delayedPlacements.map(\.time)
    }
    for client in clients.values { deadlines.append(client.deadline?.time) }
    return deadlines.compactMap { $0 }.min()
  }

  private func timeCame() {
    timer = nil
    let now = now
    logs.timePassed(now: now)
    for client in clients.values.sorted(by: { $0.id < $1.id }) {
      if let deadline = client.deadline, deadline.time <= now { kill(client, deadline.reason) }
    }
    for suspicion in workers.timePassed(now: now) { separate(suspicion) }
    if !isStopping {
      placeDelayed(now)
      leases.timePassed(now: now, actions: &leaseActions)
    }
    settle()
  }

  private func placeDelayed(_ now: Duration) {
    let due = delayedPlacements.filter { $0.time <= now }
    guard !due.isEmpty else { return }
    delayedPlacements.removeAll { $0.time <= now }
    for placement in due { actors.placementDue(placement.actor, actions: &actorActions) }
  }
}
