internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport

/// Who waits for the answer to a request.
enum NodeReply {
  /// Of an actor of that class.
  case registration(ActorID, className: String)
  case waiting(@Sendable (NodeEvent?) -> Void)
}

extension CoreWorker {
  func receiveFromNode(_ batch: FrameBatch) throws(TransportError) {
    for frame in batch {
      let event: NodeEvent
      do throws(RayError) {
        let header = RayProtocol::FrameHeader(
          bodyByteCount: UInt32(truncatingIfNeeded: frame.body.count), kind: frame.kind, flags: frame.flags,
          function: frame.function, id: frame.id)
        event = try NodeEvent(header: header, body: frame.body)
      } catch {
        throw TransportError(code: .refused, message: error.message)
      }
      try handle(event)
    }
  }

  private func handle(_ event: NodeEvent) throws(TransportError) {
    switch event {
    case .welcome(let welcome): try welcomed(welcome)
    case .peer(let worker):
      guard let descriptor = nodeConnection.takeDescriptor() else {
        throw TransportError(code: .refused, message: "the node announced a connection without sending it")
      }
      try connect(worker, descriptor)
    case .peerGone(let worker): withMachine { $0.peerClosed(worker) }
    case .inherited(let worker): withMachine { $0.valuesInherited(from: worker) }
    case .granted, .leased, .leaseEnded, .leaseRevoked, .leaseReclaimRequested, .infeasible, .demandFailed: leaseEvent(event)
    case .death(let request, let death): deathReported(request, death)
    case .actorState(let status): withMachine { $0.actorChanged(status.id, change(status)) }
    case .actorRegistered(let request, let registration): registered(request, registration)
    case .runActor(let specification, let restartCount, let assigned): hostActor?(specification, restartCount, assigned)
    case .terminateActorAfterQueue: endAfterQueue?()
    case .actorFound(let request, _), .actorList(let request, _), .resources(let request, _, _), .nodes(let request, _):
      answer(request, event)
    case .retire: retireRequested()
    case .shutdown: nodeLost?("the node shut down")
    }
  }

  // MARK: Leases

  private func leaseEvent(_ event: NodeEvent) {
    withMachine { machine in
      switch event {
      case .granted(let grant):
        machine.leaseGranted(grant.lease.rawValue, classID: grant.schedulingClass.rawValue, worker: grant.worker)
      case .leased(let lease, _, _, let assigned):
        state.leaseInfo[lease.rawValue] = assigned
        VisibleDevices.show(assigned)
        state.progress.leased(lease.rawValue)
      case .leaseEnded(let lease):
        VisibleDevices.restore(after: state.leaseInfo.removeValue(forKey: lease.rawValue))
        state.progress.ended(lease.rawValue)
      case .leaseRevoked(_, let death):
        state.reportedDeaths[death.worker] = death
        machine.workerDied(death.worker, cause: Self.crash(death))
      case .leaseReclaimRequested(let lease): machine.leaseReclaimed(lease.rawValue)
      case .infeasible(let schedulingClass, let shortage):
        machine.classInfeasible(schedulingClass.rawValue, "\(shortage)")
      case .demandFailed(let schedulingClass, let reason):
        machine.workersUnavailable(schedulingClass.rawValue, RayError(.workerStartFailed, reason))
      default: break
      }
    }
  }

  /// Tells the node when every call here is suspended: then this worker may be granted to others.
  func noteIdleness() {
    lock.lock()
    defer { lock.unlock() }
    let isBlocked = isBlocked
    // The first task of a newer lease makes the earlier report stale: the node would wait for it for ever.
    let isKnown = isBlocked == state.isBlockedReported && (!isBlocked || state.blockedReportCount == state.progress.startedCount)
    guard !isKnown else { return }
    state.isBlockedReported = isBlocked
    state.blockedReportCount = state.progress.startedCount
    let request: NodeRequest = isBlocked ? .blocked(leaseEventCount: state.progress.startedCount) : .unblocked
    request.append(to: state.nodeOutbox)
  }

  /// Every call here is suspended, and what it holds could serve others meanwhile.
  private var isBlocked: Bool {
    guard let hosted = state.hosted else {
      return machine.runningCount > 0 && !machine.hasRunnableCalls && areAllSuspended
    }
    // Most actors hold no CPU once they live.
    guard hosted.holdsCPU, areAllSuspended else { return false }
    if !hosted.isReady { return hosted.isConstructing }
    let mayStart = machine.hasRunnableCalls && machine.runningCount < hosted.maxConcurrency
    return machine.runningCount > 0 && !mayStart
  }

  // MARK: Deaths

  private func deathReported(_ request: RequestID, _ death: WorkerDeath?) {
    withMachine { machine in
      guard let worker = state.deathRequests.removeValue(forKey: request) else { return }
      let cause = death.map(Self.crash) ?? RayError(.workerCrashed, "worker \(worker) closed its connection")
      machine.workerDied(worker, cause: cause)
    }
  }

  static func crash(_ death: WorkerDeath) -> RayError {
    var details = RayError.Details()
    details.worker = death.worker
    details.logTail = death.logTail
    details.backtrace = CrashReport.frames(in: death.logTail)
    let code: RayError.Code = death.exit == .outOfMemory ? .outOfMemory : .workerCrashed
    return RayError(code, "\(death)", details: details)
  }

  // MARK: Actors

  private func registered(_ request: RequestID, _ registration: ActorRegistration) {
    withMachine { machine in
      guard case .registration(let id, let wanted)? = state.pendingReplies.removeValue(forKey: request) else { return }
      if case .existing(_, let found) = registration, found != wanted {
        let message = "the actor of that name is a \(found), not a \(wanted)"
        return machine.actorRefused(id, RayError(.actorTypeMismatch, message))
      }
      machine.actorRegistered(id, registration)
    }
  }

  private func change(_ status: ActorStatus) -> ActorChange {
    switch status.state {
    case .dependenciesPending, .pending: .pending
    case .alive(let worker): .alive(worker: worker, restartCount: status.restartCount)
    case .restarting: .restarting
    case .dead(let cause): .dead(deathError(status, cause))
    case .standsFor(let other): .standsFor(other)
    }
  }

  private func deathError(_ status: ActorStatus, _ cause: ActorDeathCause) -> RayError {
    var details = RayError.Details()
    details.actor = status.id
    switch cause {
    case .creationFailed(let bytes): details.cause = bytes.withUnsafeBytes { ErrorCoding.decode($0) }
    case .workerDied(let death):
      details.cause = Self.crash(death)
      details.logTail = death.logTail
    default: break
    }
    // Whoever got the handle from the creator is told the same as the creator.
    let code: RayError.Code =
      switch cause {
      case .infeasible: .infeasible
      case .nameTaken: .actorNameTaken
      default: .actorDied
      }
    return RayError(code, "actor \(status.className) \(status.id) is dead: \(cause)", details: details)
  }

  // MARK: Questions

  func nextRequestID() -> RequestID {
    state.nextRequest += 1
    return RequestID(state.nextRequest)
  }

  /// Asks the node and waits for its answer; nil when the node is gone.
  func ask(_ question: (RequestID) -> NodeRequest) async -> NodeEvent? {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<NodeEvent?, Never>) in
      lock.lock()
      guard !state.isShutDown else {
        lock.unlock()
        return continuation.resume(returning: nil)
      }
      let request = nextRequestID()
      state.pendingReplies[request] = .waiting { continuation.resume(returning: $0) }
      question(request).append(to: state.nodeOutbox)
      lock.unlock()
      flush()
    }
  }

  private func answer(_ request: RequestID, _ event: NodeEvent) {
    let reply = lock.withLock { state.pendingReplies.removeValue(forKey: request) }
    if case .waiting(let resume)? = reply { resume(event) }
  }

  /// The node is gone: nobody will answer.
  func failQuestions() {
    let replies = lock.withLock {
      state.isShutDown = true
      defer { state.pendingReplies = [:] }
      return Array(state.pendingReplies.values)
    }
    for reply in replies { if case .waiting(let resume) = reply { resume(nil) } }
  }

  // MARK: Ending

  /// An idle worker above the number kept ready may go, unless somebody still needs what it owns.
  private func retireRequested() {
    let mayGo = withMachine { machine in
      let census = machine.census
      let isFree =
        census.ownedObjects == 0 && census.runningCalls == 0 && census.tasks == 0 && census.transitPins == 0
        && !machine.hasRunnableCalls
      if !isFree { NodeRequest.retireRefused.append(to: state.nodeOutbox) }
      return isFree
    }
    if mayGo { endProcess("retired") } else { flush() }
  }
}
