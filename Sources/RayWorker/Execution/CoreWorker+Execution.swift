internal import CRayShims
internal import MessagePack
internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport

extension CoreWorker {
  // MARK: Taking calls

  var hasRunnableCalls: Bool { lock.withLock { machine.hasRunnableCalls } }

  func takeRunnableCall() -> ExecutionCall? {
    lock.lock()
    defer { lock.unlock() }
    guard let call = machine.takeRunnableCall() else { return nil }
    state.progress.started(call.lease)
    return call
  }

  /// Answers a call and takes the next one, in one turn of the lock and with the clock as the call's end read it.
  func finishAndTakeNext(
    _ call: ExecutionCall, _ bytes: UnsafeRawBufferPointer, _ duration: UInt32, at now: UInt64
  ) -> ExecutionCall? {
    withMachine(at: now) { machine in
      machine.finish(call, flags: 0, inline: bytes, duration: duration)
      guard let next = machine.takeRunnableCall() else { return nil }
      state.progress.started(next.lease)
      return next
    }
  }

  /// A call that was taken and cannot begin where it was taken.
  func putBack(_ call: ExecutionCall) {
    lock.withLock { machine.putBack(call) }
    loop.requestWork()
  }

  func functionName(_ key: UInt32) -> String { lock.withLock { machine.functionNames[Int(key)] } }

  /// Between jobs on the loop's thread nothing runs: calls that have started and not ended are suspended.
  var areAllSuspended: Bool { loop.isOnLoopThread && !loop.hasReadyJobs }

  // MARK: Outcomes

  @inline(__always)
  func finish(_ call: ExecutionCall, flags: UInt8, inline bytes: UnsafeRawBufferPointer, duration: UInt32) {
    withMachine { $0.finish(call, flags: flags, inline: bytes, duration: duration) }
  }

  func finish(_ call: ExecutionCall, flags: UInt8, parts: [ResultPart], duration: UInt32) {
    withMachine { $0.finish(call, flags: flags, parts: parts, duration: duration) }
  }

  func finishFailed(_ call: ExecutionCall, _ error: RayError, flags: UInt8, duration: UInt32) {
    ErrorCoding.encode(error).withUnsafeBytes { bytes in
      finish(call, flags: flags | FrameFlag.failed, inline: bytes, duration: duration)
    }
  }

  /// One result as the machine takes it: inline when small, else copied into the store.
  func part(_ bytes: UnsafeRawBufferPointer, references: [AnyObject], for owner: WorkerID) throws -> ResultPart {
    let ids = references.compactMap { ($0 as? ObjectHandle)?.id }
    guard bytes.count > inlineResultByteCountMax else { return ResultPart(place: .inline, bytes: bytes, references: ids) }
    let descriptor = try storeCopy(of: bytes, for: owner)
    return ResultPart(place: .stored, bytes: .init(start: nil, count: 0), descriptor: descriptor, references: ids)
  }

  // MARK: Streams

  /// Sends one element of a stream, after waiting for a consumer that is far behind.
  func yield(_ call: ExecutionCall, _ encode: (inout ByteWriter) throws -> Void) async throws {
    while !withMachine({ $0.mayYield(call) }) {
      let waiter = ContinuationWaiter()
      try await suspend(waiter, ids: { [] }) { machine in
        guard !machine.mayYield(call), !call.isCancelled else { return false }
        machine.waitForCredit(call, waiter)
        return true
      }
    }
    if call.isCancelled { throw CancellationError() }
    var writer = ByteWriter()
    try encode(&writer)
    if let failure = writer.failure { throw RayError(.encodingFailed, "a stream element: \(failure.message)") }
    let kept = writer.takeKeptObjects()
    try writer.withUnsafeBytes { bytes in
      let part = try part(bytes, references: kept, for: call.caller ?? id)
      withMachine { $0.yield(part, of: call) }
    }
    withExtendedLifetime(kept) {}
  }

  // MARK: Actors

  /// After a constructor: references the actor kept are registered with their owners before anybody may call it.
  func registerCovered(by call: ExecutionCall) async {
    let waiting = withMachine { $0.registerCovered(by: call) }
    for id in waiting {
      let waiter = ContinuationWaiter()
      try? await suspend(waiter, ids: { [] }) { $0.waitForRegistration(of: id, waiter) }
    }
  }

  func actorConstructed(_ id: ActorID, _ error: [UInt8]?) {
    lock.withLock {
      let request: NodeRequest = error.map { .actorCreationFailed(id, error: $0) } ?? .actorCreated(id)
      request.append(to: state.nodeOutbox)
    }
    flush()
  }

  /// Nothing runs or waits, nobody waits for what was finished, and nobody relies on a reference that is on its way.
  var isDrained: Bool {
    lock.withLock { !machine.hasRunnableCalls && machine.runningCount == 0 && machine.census.transitPins == 0 }
  }

  /// Something arrived that the end of this process may have waited for.
  func askToEndIfDrained() { if lock.withLock({ state.isEnding }) { loop.requestWork() } }

  /// Ends this process on purpose: queued calls are answered.
  func exitActor() {
    guard let hosted = lock.withLock({ state.hosted }) else { return }
    sendEverything()
    lock.withLock { NodeRequest.actorExited(hosted.specification.id).append(to: state.nodeOutbox) }
    endProcess("the actor ended")
  }

  /// What this process has said arrives, then it ends.
  func endProcess(_ why: String) {
    sendEverything()
    nodeLost?(why)
  }

  /// A peer that does not read for so long is not waited for.
  private static var lastWordsTimeout: Duration { .seconds(4) }

  private func sendEverything() {
    flush()
    let deadline = ContinuousClock.now + Self.lastWordsTimeout
    for connection in lock.withLock({ Array(state.connections.values) }) + [nodeConnection] {
      _ = connection.flush(waitingFor: max(.zero, deadline - .now))
    }
  }
}
