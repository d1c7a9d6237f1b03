internal import RayProtocol

/// A demand for more than there is, whose client is told when the time is over.
struct Shortage {
  enum Subject: Equatable {
    case demand(WorkerID, SchedulingClassID)
    case actor(ActorID)
  }

  let subject: Subject
  let shortage: ResourceShortage
  let due: Duration

  var action: LeaseAction {
    switch subject {
    case .demand(let client, let schedulingClass): .infeasible(client: client, schedulingClass, shortage)
    case .actor(let actor): .actorInfeasible(actor, shortage)
    }
  }
}

extension LeaseManager {
  /// Tells who asked that nobody has these resources: at once, or after the configured wait.
  mutating func report(
    _ shortage: ResourceShortage, of subject: Shortage.Subject, now: Duration, actions: inout [LeaseAction]
  ) {
    forgetShortage(of: subject)
    let entry = Shortage(subject: subject, shortage: shortage, due: now + configuration.infeasibleTimeout)
    if entry.due <= now { actions.append(entry.action) } else { shortages.append(entry) }
  }

  /// True when one was waiting to be told.
  @discardableResult
  mutating func forgetShortage(of subject: Shortage.Subject) -> Bool {
    guard let index = shortages.firstIndex(where: { $0.subject == subject }) else { return false }
    shortages.remove(at: index)
    return true
  }

  mutating func forgetShortages(of client: WorkerID) {
    shortages.removeAll { if case .demand(client, _) = $0.subject { true } else { false } }
  }

  func isShortOfResources(_ actor: ActorID) -> Bool { shortages.contains { $0.subject == .actor(actor) } }

  mutating func reportDueShortages(now: Duration, actions: inout [LeaseAction]) {
    guard shortages.contains(where: { $0.due <= now }) else { return }
    actions += shortages.filter { $0.due <= now }.map(\.action)
    shortages.removeAll { $0.due <= now }
  }
}
