internal import RayOwnership
internal import RayProtocol

/// The machine's requests to the node, as frames. Called under the core worker's lock.
final class NodeLink: NodePort {
  /// Set once, before the machine is used; the core worker owns the machine, which owns this.
  unowned(unsafe) var worker: CoreWorker!

  private func send(_ request: NodeRequest) { request.append(to: worker.state.nodeOutbox) }

  func demand(classID: UInt32, terms: LeaseTerms, wanted: Int) {
    let demand = LeaseDemand(
      schedulingClass: SchedulingClassID(classID), terms: terms, wantedCount: UInt32(clamping: wanted))
    send(.demand(demand))
  }

  func returnLease(_ id: UInt64) {
    worker.state.leaseInfo[id] = nil
    send(.returnLease(LeaseID(id)))
  }

  func connect(_ worker: WorkerID) { send(.connect(worker, isRepeated: false)) }

  func askWhyDied(_ worker: WorkerID) {
    let request = self.worker.nextRequestID()
    self.worker.state.deathRequests[request] = worker
    send(.whyDied(request, worker))
  }

  func createActor(_ specification: ActorSpec) {
    let request = worker.nextRequestID()
    worker.state.pendingReplies[request] = .registration(specification.id, className: specification.className)
    send(.createActor(request, specification))
  }

  func watchActor(_ id: ActorID) { send(.watchActor(id)) }
  func releaseActor(_ id: ActorID) { send(.releaseActor(id)) }

  func freeStored(_ descriptor: StoredDescriptor) {
    send(.freeStored(withUnsafeBytes(of: descriptor.words) { Array($0) }))
  }

  func keepStored(_ descriptors: [StoredDescriptor], of creator: WorkerID) {
    send(.keepStored(creator: creator, descriptors.flatMap { withUnsafeBytes(of: $0.words) { Array($0) } }))
  }
}

/// The machine's requests to this process's part of the object store.
final class StoreLink: StorePort {
  /// Set once, before the machine is used; the core worker owns the machine, which owns this.
  unowned(unsafe) var worker: CoreWorker!

  func free(_ descriptor: StoredDescriptor) { worker.freeOwnValue(descriptor) }
}
