package import RayProtocol

/// A call to submit. References among the arguments are named together with it; their handles are alive.
package struct TaskSubmission {
  /// Not counted: queues live as long as their machine.
  var queue: Unmanaged<TaskQueue>?
  package var actor: ActorID?
  package var function: UInt32
  package var arguments: UnsafeRawBufferPointer
  /// Nil for the many calls without references: they pay for none.
  var references: ArgumentReferences?
  /// Retries after system failures; -1 = any number.
  package var retries: Int32
  package var retryThrown: Bool
  package var parent: UInt64

  package init(
    queue: TaskQueue?, actor: ActorID? = nil, function: UInt32, arguments: UnsafeRawBufferPointer, direct: [ObjectID] = [],
    nested: [ObjectID] = [], retries: Int32 = 0, retryThrown: Bool = false, parent: UInt64 = 0
  ) {
    let references = direct.isEmpty && nested.isEmpty ? nil : ArgumentReferences(direct: direct, nested: nested)
    self.init(
      queue: queue.map { .passUnretained($0) }, actor: actor, function: function, arguments: arguments, references: references,
      retries: retries, retryThrown: retryThrown, parent: parent)
  }

  package init(
    queue: Unmanaged<TaskQueue>?, actor: ActorID?, function: UInt32, arguments: UnsafeRawBufferPointer,
    references: ArgumentReferences?, retries: Int32, retryThrown: Bool, parent: UInt64
  ) {
    self.queue = queue
    self.actor = actor
    self.function = function
    self.arguments = arguments
    self.references = references
    self.retries = retries
    self.retryThrown = retryThrown
    self.parent = parent
  }
}

extension CoreMachine {
  // MARK: Submitting

  /// A queue for one function's tasks with one set of options; kept for the machine's life.
  package func makeQueue(function: UInt32, terms: LeaseTerms) -> TaskQueue {
    let queue = TaskQueue(function: function, pool: pool(for: terms))
    // Records point to their queue without counting.
    queues.append(queue)
    return queue
  }

  /// Submits a call with one result.
  package func submit(_ submission: borrowing TaskSubmission) -> ObjectID {
    let (task, record) = makeRecord(submission)
    let object = makeObject(task: task)
    record.pointee.firstResult = object
    start(task, record, submission)
    return ObjectID(owner: me, index: object)
  }

  /// Submits a call whose result is cut into `count` objects.
  package func submitSplit(_ submission: borrowing TaskSubmission, count: Int) -> [ObjectID] {
    let (task, record) = makeRecord(submission)
    let results = (0..<count).map { _ in makeObject(task: task) }
    record.pointee.resultCount = UInt32(count)
    record.pointee.firstResult = results[0]
    record.pointee.moreResults = .passRetained(ResultList(Array(results.dropFirst())))
    start(task, record, submission)
    return results.map { ObjectID(owner: me, index: $0) }
  }

  /// Submits a call that yields any number of objects; the returned one becomes ready when the stream ends.
  package func submitStream(
    _ submission: borrowing TaskSubmission, window: UInt64 = CoreMachine.streamWindow
  ) -> ObjectID {
    let (task, record) = makeRecord(submission)
    record.pointee.flags |= TaskRecord.stream
    let object = makeObject(task: task)
    record.pointee.firstResult = object
    streams[object] = StreamState(task: task, window: window)
    start(task, record, submission)
    return ObjectID(owner: me, index: object)
  }

  @inline(__always)
  private func makeRecord(_ submission: borrowing TaskSubmission) -> (
    UInt64, UnsafeMutablePointer<TaskRecord>
  ) {
    let (task, record) = tasks.take()
    record.pointee.function = submission.function
    record.pointee.attempt = 1
    record.pointee.retriesLeft = submission.retries
    record.pointee.parent = submission.parent
    if submission.retryThrown { record.pointee.flags |= TaskRecord.retryThrown }
    keepArguments(submission.arguments, record)
    if let actor = submission.actor {
      record.pointee.lane = .passUnretained(actorClient(actor))
    } else if let queue = submission.queue {
      record.pointee.queue = queue
    }
    return (task, record)
  }

  @inline(__always)
  private func keepArguments(
    _ bytes: UnsafeRawBufferPointer, _ record: UnsafeMutablePointer<TaskRecord>
  ) {
    record.pointee.argumentByteCount = bytes.count
    guard bytes.count > 0 else { return }
    if bytes.count <= TaskRecord.smallArgumentByteCount {
      (UnsafeMutableRawPointer(record) + MemoryLayout<TaskRecord>.offset(of: \.smallArguments)!)
        .copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    } else {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 16)
      memory.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      record.pointee.heapArguments = memory
    }
  }

  @inline(__always)
  func arguments(of record: UnsafeMutablePointer<TaskRecord>) -> UnsafeRawBufferPointer {
    if let heap = record.pointee.heapArguments {
      return UnsafeRawBufferPointer(start: heap, count: record.pointee.argumentByteCount)
    }
    let small = UnsafeRawPointer(record) + MemoryLayout<TaskRecord>.offset(of: \.smallArguments)!
    return UnsafeRawBufferPointer(start: small, count: record.pointee.argumentByteCount)
  }

  @inline(__always)
  private func start(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>,
    _ submission: borrowing TaskSubmission
  ) {
    if let queue = submission.queue, submission.references == nil {
      // Most calls: nothing to wait for, nothing to keep.
      if queue._withUnsafeGuaranteedRef({ sendAtOnce(task, record, $0) }) { return }
      return enqueue(task, record, atFront: false)
    }
    if submission.actor != nil, let lane = record.pointee.lane {
      let isSent = lane._withUnsafeGuaranteedRef { lane -> Bool in
        guard let actor = lane.asActor else { return false }
        callBegan(at: actor)
        if submission.references == nil, sendAtOnce(task, record, to: actor) { return true }
        enqueueActorTask(task, record, at: actor)
        return false
      }
      if isSent { return }
    }
    startWithReferences(task, record, submission)
  }

  private func startWithReferences(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>,
    _ submission: borrowing TaskSubmission
  ) {
    if let references = submission.references {
      for id in references.direct { pin(id) }
      for id in references.nested { pin(id) }
      record.pointee.references = .passRetained(references)
      let missing = references.direct.filter { !isReady($0) }
      record.pointee.missingArguments = Int32(missing.count)
      for id in missing { add(WaitNode(.task(task)), to: id) }
    }
    if record.pointee.missingArguments == 0 { argumentsReady(task, record) }
  }

  // MARK: Arguments

  func argumentReady(_ task: UInt64) {
    guard let record = tasks.find(task), record.pointee.stage == .waiting else { return }
    record.pointee.missingArguments -= 1
    if record.pointee.missingArguments == 0 { argumentsReady(task, record) }
  }

  /// All values are there: a failed one fails the task, as if it had thrown the same error.
  private func argumentsReady(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>) {
    if let references = record.pointee.references?.takeUnretainedValue(),
      let error = firstFailure(references.direct)
    {
      return failTask(task, error)
    }
    record.pointee.stage = .queued
    if record.pointee.queue != nil {
      enqueue(task, record, atFront: false)
    } else if let actor = record.pointee.lane?.takeUnretainedValue().asActor {
      pump(actor)
    }
  }

  func firstFailure(_ ids: [ObjectID]) -> [UInt8]? {
    for id in ids {
      if case .failed(let error) = snapshot(id) { return Array(error) }
    }
    return nil
  }

  // MARK: Queues

  func enqueue(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, atFront: Bool) {
    let queue = record.pointee.queue!.takeUnretainedValue()
    let slot = UInt32(truncatingIfNeeded: task)
    record.pointee.stage = .queued
    if queue.waiting.isEmpty { queue.pool.active.append(queue) }
    if atFront { queue.waiting.prepend(slot, record, in: tasks) } else { queue.waiting.append(slot, record, in: tasks) }
    queue.pool.queuedCount += 1
    offer(queue.pool)
  }

  func dequeue(_ record: UnsafeMutablePointer<TaskRecord>, from queue: TaskQueue) {
    queue.waiting.remove(record, in: tasks)
    queue.pool.queuedCount -= 1
    if queue.waiting.isEmpty {
      queue.pool.active.removeAll { $0 === queue }
      if queue.pool.queuedCount == 0 { markDirty(queue.pool) }
    }
  }

  // MARK: Ending

  /// Completes every result of a task with an error.
  func failTask(_ task: UInt64, _ error: [UInt8]) {
    guard let record = tasks.find(task) else { return }
    leaveLists(task, record)
    let results = results(of: record)
    let isStream = record.pointee.flags & TaskRecord.stream != 0
    endRecord(task, record)
    for object in results { fail(object, error) }
    if isStream { streamEnded(results[0]) }
  }

  func results(of record: UnsafeMutablePointer<TaskRecord>) -> [UInt64] {
    guard let more = record.pointee.moreResults else { return [record.pointee.firstResult] }
    return [record.pointee.firstResult] + more.takeUnretainedValue().indices
  }

  func leaveLists(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>) {
    switch record.pointee.stage {
    case .queued, .waiting:
      if let queue = record.pointee.queue {
        if record.pointee.stage == .queued { dequeue(record, from: queue.takeUnretainedValue()) }
      } else if let actor = record.pointee.lane?.takeUnretainedValue().asActor {
        actor.waiting.remove(record, in: tasks)
      }
    case .sent:
      if let lane = record.pointee.lane?.takeUnretainedValue() { leaveLane(lane, record) }
    case .orphaned: break  // it has left its lane already
    }
  }

  /// Frees the record and everything it kept alive.
  func endRecord(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>) {
    record.pointee.heapArguments?.deallocate()
    record.pointee.moreResults?.release()
    let references = record.pointee.references
    let lane = record.pointee.queue == nil ? record.pointee.lane : nil
    tasks.giveBack(task)
    if let references {
      let kept = references.takeRetainedValue()
      for id in kept.direct { unpin(id) }
      for id in kept.nested { unpin(id) }
    }
    lane?._withUnsafeGuaranteedRef { lane in
      if let actor = lane.asActor { callEnded(at: actor) }
    }
  }
}
