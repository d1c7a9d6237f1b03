/// Messages from a node manager to its clients.
package enum NodeEvent: Hashable, Sendable {
  /// Answers `hello`; carries the descriptor of the object store.
  case welcome(Welcome)

  // Leases
  case granted(LeaseGrant)
  /// To the worker that was granted: what it may use for this client's tasks of this class.
  case leased(LeaseID, client: WorkerID, SchedulingClassID, AssignedResources)
  /// To the worker: the client gave the lease back, or died.
  case leaseEnded(LeaseID)
  /// To the client: the worker is gone.
  case leaseRevoked(LeaseID, WorkerDeath)
  /// To the client: another one starves; return the lease after the task that runs.
  case leaseReclaimRequested(LeaseID)
  /// The class can never be served; said once per demand.
  case infeasible(SchedulingClassID, ResourceShortage)
  /// No worker can be started for the class; the demand is forgotten.
  case demandFailed(SchedulingClassID, reason: String)

  // Peers
  /// Carries the descriptor of a connection to that worker.
  case peer(WorkerID)
  /// That worker is dead or was never known.
  case peerGone(WorkerID)
  /// That process is dead and left stored values whose owner is the receiver; answered with `keepStored`.
  case inherited(WorkerID)
  /// Nil: the worker still lives, or nothing is known about it.
  case death(RequestID, WorkerDeath?)

  // Actors
  case actorRegistered(RequestID, ActorRegistration)
  case actorState(ActorStatus)
  /// To the worker that shall host it, for life.
  case runActor(ActorSpec, restartCount: UInt32, AssignedResources)
  /// To the hosting worker: finish the queued calls, send `actorExited`, end.
  case terminateActorAfterQueue(ActorID)
  /// Nil: nobody has that name.
  case actorFound(RequestID, NamedActorEntry?)
  case actorList(RequestID, [NamedActorEntry])

  // Cluster
  case resources(RequestID, total: ResourceSet, available: ResourceSet)
  case nodes(RequestID, [NodeEntry])

  // Life
  /// To an idle worker above the number kept ready: end, or answer `retireRefused`.
  case retire
  /// The node ends; so does the client.
  case shutdown

  package struct Welcome: Hashable, Sendable {
    package var node: NodeID
    package var job: JobID
    package var worker: WorkerID
    package var namespace: String
    package var storeByteCount: UInt64
    /// The client's place in the object store's table of clients.
    package var storeSlot: UInt32

    package init(
      node: NodeID, job: JobID, worker: WorkerID, namespace: String, storeByteCount: UInt64,
      storeSlot: UInt32
    ) {
      self.node = node
      self.job = job
      self.worker = worker
      self.namespace = namespace
      self.storeByteCount = storeByteCount
      self.storeSlot = storeSlot
    }
  }

  /// To a client; the `peer` for the worker came before, unless the worker is the client itself.
  package struct LeaseGrant: Hashable, Sendable {
    package var lease: LeaseID
    package var schedulingClass: SchedulingClassID
    package var worker: WorkerID
    package var assigned: AssignedResources

    package init(
      lease: LeaseID, schedulingClass: SchedulingClassID, worker: WorkerID,
      assigned: AssignedResources
    ) {
      self.lease = lease
      self.schedulingClass = schedulingClass
      self.worker = worker
      self.assigned = assigned
    }
  }

  package struct NodeEntry: Hashable, Sendable {
    package var id: NodeID
    package var address: String
    package var isAlive: Bool
    package var total: ResourceSet

    package init(id: NodeID, address: String, isAlive: Bool, total: ResourceSet) {
      self.id = id
      self.address = address
      self.isAlive = isAlive
      self.total = total
    }
  }
}
