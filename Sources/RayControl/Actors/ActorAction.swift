package import RayProtocol

/// What the node must do after an event about actors, in order.
package enum ActorAction: Hashable, Sendable {
  /// Ask the scheduler for a process of its own.
  case place(ActorID, LeaseTerms, held: ResourceSet)
  /// The same after a pause: the process died again and again; answered by `placementDue`.
  case placeLater(ActorID, Duration)
  /// It needs no process any more.
  case withdraw(ActorID)
  /// Tell the process to run the constructor.
  case run(ActorSpec, restartCount: UInt32, on: WorkerID, AssignedResources)
  /// Its constructor has returned: only the held resources stay taken.
  case started(ActorID)
  /// Finish the queued calls, then end.
  case terminateAfterQueue(ActorID, on: WorkerID)
  case killHost(WorkerID, reason: String)
  /// The process said that it ends by itself: kill it only when it does not.
  case expectEnd(of: WorkerID)
  /// Tell a watcher.
  case publish(ActorStatus, to: WorkerID)
  case registered(RequestID, ActorRegistration, to: WorkerID)
}
