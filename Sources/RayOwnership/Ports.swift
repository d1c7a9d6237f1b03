package import RayProtocol

/// What the machine asks of the node. The shell turns each call into a message; a simulation calls the node's machines.
package protocol NodePort: AnyObject {
  /// The absolute number of leases this process wants to hold or be granted for a class; idempotent.
  func demand(classID: UInt32, terms: LeaseTerms, wanted: Int)
  func returnLease(_ id: UInt64)
  /// Broker a connection to `worker`; answered by ``CoreMachine/peerConnected(_:)`` or ``CoreMachine/peerClosed(_:)``.
  func connect(_ worker: WorkerID)
  /// Answered by ``CoreMachine/workerDied(_:cause:)``.
  func askWhyDied(_ worker: WorkerID)
  func createActor(_ specification: ActorSpec)
  /// From now on tell the actor's state by ``CoreMachine/actorChanged(_:_:)``.
  func watchActor(_ id: ActorID)
  /// No handle is left anywhere: end the actor after what is queued.
  func releaseActor(_ id: ActorID)
  /// Free a stored value whose creator is gone.
  func freeStored(_ descriptor: StoredDescriptor)
  /// These values of a dead process are known here; others that it stored for this process may be freed.
  func keepStored(_ descriptors: [StoredDescriptor], of creator: WorkerID)
}

/// What the machine asks of this process's part of the object store.
package protocol StorePort: AnyObject {
  /// Free a value this process allocated.
  func free(_ descriptor: StoredDescriptor)
}

/// Turns a failure into the bytes that travel; the codec is not this target's business.
package typealias ErrorEncoder = (RayError) -> [UInt8]
