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
  var status = Status.unknown
  var restartCount: UInt32 = 0
  var worker: WorkerID?
  var first: UInt32 = .max
  var last: UInt32 = .max
  var queuedCount = 0
  /// References in the creation arguments, pinned by the creator while the actor may be restarted.
  var creationReferences: ArgumentReferences?
  /// Creation waits for these arguments.
  var pendingCreation: PendingActor?

  init(id: ActorID) { self.id = id }
}

/// An actor whose creation arguments are not there yet.
final class PendingActor {
  /// With the arguments as the caller encoded them.
  var specification: ActorSpec
  var missing: Int
  init(specification: ActorSpec, missing: Int) {
    self.specification = specification
    self.missing = missing
  }
}
