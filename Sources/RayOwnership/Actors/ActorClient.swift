internal import RayProtocol

/// One actor as its callers see it: calls wait here in the order they were made until the actor can take them.
final class ActorClient: Lane {
  enum Status {
    case unknown
    case pending
    case alive
    case restarting
    case dead(error: [UInt8])
  }

  let id: ActorID
  @exclusivity(unchecked) var status = Status.unknown
  @exclusivity(unchecked) var restartCount: UInt32 = 0
  @exclusivity(unchecked) var worker: WorkerID?
  @exclusivity(unchecked) var waiting = TaskList()
  /// Calls without a result yet. While there are any, one hold of the lifetime object keeps the actor alive.
  @exclusivity(unchecked) var unfinishedCount = 0
  /// References in the creation arguments, pinned by the creator while the actor may be restarted.
  @exclusivity(unchecked) var creationReferences: ArgumentReferences?
  /// The actor it means, when that one had the name its creator wanted to get or to give.
  @exclusivity(unchecked) var standsFor: ActorID?
  /// Creation waits for these arguments.
  @exclusivity(unchecked) var pendingCreation: PendingActor?

  init(id: ActorID) {
    self.id = id
    super.init(isLease: false)
  }
}

/// An actor whose creation arguments are not there yet.
final class PendingActor {
  /// With the arguments as the caller encoded them.
  @exclusivity(unchecked) var specification: ActorSpec
  @exclusivity(unchecked) var missing: Int
  init(specification: ActorSpec, missing: Int) {
    self.specification = specification
    self.missing = missing
  }
}
