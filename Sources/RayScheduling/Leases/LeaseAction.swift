package import RayProtocol

/// What the node must do after an event, in order.
package enum LeaseAction: Hashable, Sendable {
  /// Start a process for that environment; answered by `workerStarted` or `workerExited`.
  case startWorker(WorkerID, RuntimeEnvironmentID)
  /// Ask an idle process to end; answered by `retireRefused` or `workerExited`.
  case retireWorker(WorkerID)
  /// End a process that may still run the work of a dead client.
  case killWorker(WorkerID, reason: String)

  /// Connect two processes to each other.
  case introduce(WorkerID, WorkerID)
  /// To the first: the second is dead or was never there.
  case peerGone(WorkerID, WorkerID)

  /// Tell the client `granted` and the worker `leased`.
  case grant(client: WorkerID, NodeEvent.LeaseGrant)
  case leaseEnded(LeaseID, worker: WorkerID)
  case revoke(LeaseID, client: WorkerID, worker: WorkerID)
  case reclaim(LeaseID, client: WorkerID)
  case infeasible(client: WorkerID, SchedulingClassID, ResourceShortage)
  case demandFailed(client: WorkerID, SchedulingClassID, reason: String)

  case hostActor(ActorID, worker: WorkerID, AssignedResources)
  case actorInfeasible(ActorID, ResourceShortage)
  case actorStartFailed(ActorID, reason: String)
}
