/// Messages from a client (the driver's core worker, or a worker's) to its node manager.
package enum NodeRequest: Hashable, Sendable {
  /// The first message; everything else before it closes the connection.
  case hello(Hello)

  // Leases
  case demand(LeaseDemand)
  /// Does not lower the demand: a client that wants no replacement lowers it first.
  case returnLease(LeaseID)
  /// All tasks of this worker are suspended. `leaseEventCount`: which of its `leased` and `leaseEnded` messages announced the newest
  /// lease of which it has started a task; said again when that changes.
  case blocked(leaseEventCount: UInt64)
  /// A task of this worker runs again; said once per change, at the latest when the task starts.
  case unblocked
  /// The answer to `retire`: this worker owns objects or is otherwise needed.
  case retireRefused
  /// Environment variables of a runtime environment, before its first demand.
  case defineEnvironment(RuntimeEnvironmentID, [EnvironmentVariable])

  // Peers
  /// `isRepeated`: an earlier connection to that worker broke.
  case connect(WorkerID, isRepeated: Bool)
  /// The connection to that process is gone. Answered with its death; a process that lives on is ended first.
  case whyDied(RequestID, WorkerID)
  /// That process sent what it must not send; its connection is closed.
  case accuse(WorkerID, reason: String)

  // Actors
  case createActor(RequestID, ActorSpec)
  /// The arguments of an actor that was registered with `isReady == false`.
  case actorReady(ActorID, creation: [UInt8])
  /// From the hosting worker: the constructor has returned.
  case actorCreated(ActorID)
  /// From the hosting worker: the constructor threw.
  case actorCreationFailed(ActorID, error: [UInt8])
  /// From the hosting worker, before it ends its process: this is no crash.
  case actorExited(ActorID)
  case killActor(ActorID, noRestart: Bool)
  /// The last handle is gone: let queued calls finish, then end.
  case releaseActor(ActorID)
  /// Answered with an `actorState` now and one for each change.
  case watchActor(ActorID)
  case findActor(RequestID, name: String, namespace: String)
  /// Nil lists every namespace.
  case listActors(RequestID, namespace: String?)

  // Cluster
  case resources(RequestID)
  case nodes(RequestID)

  // Objects
  /// Nobody needs a stored value any more and the process that made it is gone; the store's encoded descriptor.
  case freeStored([UInt8])
  /// The answer to `inherited`: the store's encoded descriptors, back to back, of the values of that dead process that this one
  /// knows. Others were made for it and never told.
  case keepStored(creator: WorkerID, [UInt8])

  package struct Hello: Hashable, Sendable {
    package var worker: WorkerID
    package var processID: Int32
    package var protocolVersion: UInt16
    package var token: UInt64

    package init(
      worker: WorkerID, processID: Int32, protocolVersion: UInt16 = NodeProtocol.version,
      token: UInt64
    ) {
      self.worker = worker
      self.processID = processID
      self.protocolVersion = protocolVersion
      self.token = token
    }
  }

  package struct EnvironmentVariable: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }
}
