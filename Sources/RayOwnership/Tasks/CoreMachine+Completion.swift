internal import RayProtocol

extension CoreMachine {
  /// A reply: from `peer`, or from this process itself when nil. Throws when the bytes are no valid reply.
  func taskDone(_ task: UInt64, flags: UInt8, body: UnsafeRawBufferPointer, from peer: Peer?)
    throws(ByteCursor.Truncated)
  {
    var cursor = ByteCursor(body)
    let duration = try cursor.integer(UInt32.self)
    guard flags & FrameFlag.general == 0 else {
      return try generalReply(task, flags, duration, &cursor, from: peer)
    }
    guard let record = tasks.find(task), isInFlight(record, at: peer) else { return }
    let place: ValuePlace = flags & FrameFlag.failed == 0 ? .inline : .failed
    finishTask(task, record, flags, duration, [], ResultPart(place: place, bytes: cursor.remaining))
  }

  /// A late reply of an earlier attempt comes from a process the task is not at any more.
  func isInFlight(_ record: UnsafeMutablePointer<TaskRecord>, at peer: Peer?) -> Bool {
    guard record.pointee.stage == .sent, let lane = record.pointee.lane else { return false }
    return lane._withUnsafeGuaranteedRef { $0.peer === peer }
  }

  private func generalReply(
    _ task: UInt64, _ flags: UInt8, _ duration: UInt32, _ cursor: inout ByteCursor, from peer: Peer?
  ) throws(ByteCursor.Truncated) {
    let count = Int(try cursor.integer(UInt32.self))
    let transit = try cursor.integer(UInt64.self)
    let keptCount = Int(try cursor.integer(UInt32.self))
    guard count >= 1, count <= cursor.remaining.count / 9 else { throw ByteCursor.Truncated() }
    var parts: [ResultPart] = []
    for _ in 0..<count { parts.append(try ResultCoding.read(&cursor)) }
    guard keptCount <= cursor.remaining.count / 8 else { throw ByteCursor.Truncated() }
    var kept: [UInt64] = []
    for _ in 0..<keptCount { kept.append(try cursor.integer(UInt64.self)) }

    // What the worker keeps is counted before anything the task pinned is let go.
    if let peer {
      for index in kept {
        if let object = objects.find(index) { countBorrow(index, object, by: peer) }
      }
      pinReferences(of: parts, from: peer, transit: transit)
    }
    guard let record = tasks.find(task), isInFlight(record, at: peer) else {
      for part in parts { drop(part) }
      return
    }
    finishTask(
      task, record, flags, duration, Array(parts.dropFirst()), parts[0], referencesArePinned: true)
  }

  private func pinReferences(of parts: [ResultPart], from peer: Peer, transit: UInt64) {
    let receipt = transit == 0 ? nil : Receipt(peer: peer, task: transit, missing: 1)
    for part in parts where !part.references.isEmpty {
      receive(part.references, from: peer, source: nil, receipt: receipt)
    }
    if let receipt {
      receipt.missing -= 1
      if receipt.missing == 0 { acknowledge(receipt) }
    }
  }

  private func drop(_ part: ResultPart) {
    for reference in part.references { unpin(reference) }
    discard(part)
  }

  private func finishTask(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, _ flags: UInt8, _ duration: UInt32,
    _ more: [ResultPart],
    _ first: ResultPart, referencesArePinned: Bool = false
  ) {
    let lane = record.pointee.lane!.takeUnretainedValue()
    learn(duration, record)
    leaveLane(lane, record)
    if flags & FrameFlag.failed != 0, shouldRetry(record, flags, first.bytes) {
      for part in more { drop(part) }
      retry(task, record)
    } else {
      let isStream = record.pointee.flags & TaskRecord.stream != 0
      let firstResult = record.pointee.firstResult
      let moreResults = record.pointee.moreResults?.takeRetainedValue().indices
      record.pointee.stage = .waiting
      record.pointee.moreResults = nil
      endRecord(task, record)
      complete(firstResult, first, referencesArePinned: referencesArePinned)
      if let moreResults { completeOthers(moreResults, with: more, of: first) } else { for part in more { drop(part) } }
      if isStream { streamEnded(firstResult) }
    }
    if let lease = lane.asLease {
      progressed(lease)
    } else if let actor = lane.asActor {
      pump(actor)
    }
  }

  /// A failed split call has one error for all its results.
  private func completeOthers(_ results: [UInt64], with parts: [ResultPart], of first: ResultPart) {
    for (position, result) in results.enumerated() {
      if position < parts.count {
        complete(result, parts[position], referencesArePinned: true)
      } else if first.place == .failed {
        complete(result, ResultPart(place: .failed, bytes: first.bytes))
      } else {
        fail(
          result,
          encodeError(RayError(.internalError, "the call returned fewer results than it promised")))
      }
    }
    for part in parts.dropFirst(results.count) { drop(part) }
  }

  /// Run times steer how many tasks are sent ahead.
  @inline(__always)
  private func learn(_ duration: UInt32, _ record: UnsafeMutablePointer<TaskRecord>) {
    guard let queue = record.pointee.queue else { return }
    queue._withUnsafeGuaranteedRef { $0.learn(duration) }
  }

  // MARK: Retrying

  private func shouldRetry(
    _ record: UnsafeMutablePointer<TaskRecord>, _ flags: UInt8, _ error: UnsafeRawBufferPointer
  ) -> Bool {
    guard flags & FrameFlag.thrown != 0, record.pointee.flags & TaskRecord.retryThrown != 0,
      record.pointee.flags & TaskRecord.cancelled == 0, record.pointee.retriesLeft != 0
    else { return false }
    return record.pointee.queue?.takeUnretainedValue().retryFilter?(error) ?? true
  }

  func retry(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>) {
    if record.pointee.retriesLeft > 0 { record.pointee.retriesLeft -= 1 }
    record.pointee.attempt &+= 1
    requeue(task, record)
  }

  /// Back to where it waits for a worker; the attempt does not count again.
  func requeue(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>) {
    if record.pointee.queue != nil {
      record.pointee.lane = nil
      enqueue(task, record, atFront: true)
    } else if let actor = record.pointee.lane?.takeUnretainedValue().asActor {
      enqueueAgain(task, record, at: actor)
    }
  }

  // MARK: A worker died

  /// Everything in flight at a dead worker is either tried again or fails with the cause.
  func settleOrphans(_ orphans: [UInt64], cause: RayError) {
    for task in orphans {
      guard let record = tasks.find(task), record.pointee.stage == .orphaned else { continue }
      // Tasks start in the order they were sent, so only the oldest has surely started; the others lose no attempt.
      let mayHaveStarted = record.pointee.flags & TaskRecord.mayHaveStarted != 0
      record.pointee.flags &= ~TaskRecord.mayHaveStarted
      if record.pointee.flags & TaskRecord.cancelled != 0 {
        failOrphan(task, record, RayError(.taskCancelled, "the task was cancelled while it ran"))
      } else if !mayHaveStarted {
        requeue(task, record)
      } else if record.pointee.retriesLeft != 0 {
        retry(task, record)
      } else {
        failOrphan(task, record, cause)
      }
    }
  }

  private func failOrphan(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, _ cause: RayError
  ) {
    let name = functionNames[Int(record.pointee.function)]
    let attempt = Int(record.pointee.attempt)
    let error = cause.with {
      $0.task = TaskID(owner: me, index: task)
      $0.function = name
      $0.attempt = attempt
    }
    let results = results(of: record)
    let isStream = record.pointee.flags & TaskRecord.stream != 0
    endRecord(task, record)
    let bytes = encodeError(error)
    for result in results { fail(result, bytes) }
    if isStream { streamEnded(results[0]) }
  }
}
