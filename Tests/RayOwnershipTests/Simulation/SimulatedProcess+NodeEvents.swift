internal import RayOwnership
internal import RayProtocol

extension SimulatedProcess {
  func receiveFromNode(_ frame: [UInt8]) {
    let event = frame.withUnsafeBytes { bytes -> NodeEvent? in
      try? NodeEvent(
        header: FrameHeader(reading: bytes.baseAddress!),
        body: UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...]))
    }
    guard let event else { return cluster.report("\(id.short) cannot read a message of the node") }
    if case .actorState(let status) = event {
      cluster.note(
        "\(id.short) hears actor \(ObjectID(owner: status.id.creator, index: status.id.index).short) is \(status.state)")
    } else {
      cluster.note("\(id.short) hears \(event.kind)")
    }
    handle(event)
  }

  private func handle(_ event: NodeEvent) {
    switch event {
    case .peer(let worker): connected(to: worker)
    case .inherited(let worker): use { $0.valuesInherited(from: worker) }
    case .peerGone(let worker): use { $0.peerClosed(worker) }
    case .granted, .leased, .leaseEnded, .leaseRevoked, .leaseReclaimRequested, .infeasible, .demandFailed: leaseEvent(event)
    case .death(let request, let death): deathReported(request, death)
    case .actorState(let status): use { $0.actorChanged(status.id, change(status)) }
    case .actorRegistered(let request, let registration):
      guard let actor = registrations.removeValue(forKey: request) else { return }
      if case .existing(let other, _) = registration { cluster.model.aliases[actor] = other }
      use { $0.actorRegistered(actor, registration) }
    case .runActor(let specification, _, _): host(specification)
    case .terminateActorAfterQueue: hosted?.isEnding = true
    case .retire: retireRequested()
    default: break
    }
  }

  private func connected(to worker: WorkerID) {
    let peer = use { $0.peerConnected(worker) }
    peers[worker] = peer
    connections[worker] = cluster.network.channel(from: id, to: worker)
    cluster.network.channel(from: worker, to: id)?.isOpen = true
  }

  private func leaseEvent(_ event: NodeEvent) {
    use { machine in
      switch event {
      case .granted(let grant):
        machine.leaseGranted(grant.lease.rawValue, classID: grant.schedulingClass.rawValue, worker: grant.worker)
      case .leased(let lease, _, _, _): progress.leased(lease.rawValue)
      case .leaseEnded(let lease): progress.ended(lease.rawValue)
      case .leaseRevoked(_, let death): machine.workerDied(death.worker, cause: crash(death))
      case .leaseReclaimRequested(let lease): machine.leaseReclaimed(lease.rawValue)
      case .infeasible(let schedulingClass, let shortage): machine.classInfeasible(schedulingClass.rawValue, "\(shortage)")
      case .demandFailed(let schedulingClass, let reason):
        machine.workersUnavailable(schedulingClass.rawValue, RayError(.workerStartFailed, reason))
      default: break
      }
    }
  }

  private func deathReported(_ request: RequestID, _ death: WorkerDeath?) {
    guard let worker = deathRequests.removeValue(forKey: request) else { return }
    use { $0.workerDied(worker, cause: death.map(crash) ?? RayError(.workerCrashed, "it closed its connection")) }
  }

  private func crash(_ death: WorkerDeath) -> RayError { RayError(.workerCrashed, "\(death)") }

  private func change(_ status: ActorStatus) -> ActorChange {
    switch status.state {
    case .dependenciesPending, .pending: .pending
    case .alive(let worker): .alive(worker: worker, restartCount: status.restartCount)
    case .restarting: .restarting
    case .dead(.nameTaken(let name)): .dead(RayError(.actorNameTaken, "another live actor is named \(name)"))
    case .standsFor(let other): .standsFor(other)
    case .dead(let cause): .dead(RayError(.actorDied, "the actor is dead: \(cause)"))
    }
  }

  private func retireRequested() {
    let census = machine.census
    let isFree =
      census.ownedObjects == 0 && census.runningCalls == 0 && census.tasks == 0 && census.transitPins == 0
      && census.leases == 0 && !machine.hasRunnableCalls
    if isFree { cluster.exit(self, "retired") } else { send(.retireRefused) }
  }

  // MARK: Actors

  private func host(_ specification: ActorSpec) {
    let call = ExecutionCall.forConstruction(specification.creation)
    hosted = HostedActor(
      id: specification.id, concurrencyMax: max(1, Int(specification.concurrencyMax)),
      holdsCPU: specification.heldResources[ResourceSet.cpu] > 0)
    executions.append(Execution(call: call, process: self, isConstructor: true))
  }

  /// Ends the process of an actor whose last handle is gone, once nothing runs or waits.
  var mayEndActor: Bool {
    hosted?.isEnding == true && executions.isEmpty && !machine.hasRunnableCalls && machine.runningCount == 0
      && machine.census.transitPins == 0
  }

  func endActor() {
    send(.actorExited(hosted!.id))
    cluster.exit(self, "its actor ended")
  }
}
