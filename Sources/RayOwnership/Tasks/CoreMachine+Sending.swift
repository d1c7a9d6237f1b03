internal import RayProtocol

/// Start of a `push` body: `lease u64 | attempt u16 | result count u16 | reserved u32`, then the arguments.
enum PushBody {
  static let headerByteCount = 16
  /// Frame flag: the call yields a stream.
  static let streamFlag: UInt8 = 1
}

extension CoreMachine {
  /// Puts a task on its way; it is in flight on `lane` from now on.
  func send(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, on lane: Lane, leaseID: UInt64
  ) {
    record.pointee.stage = .sent
    record.pointee.lane = .passUnretained(lane)
    enterLane(lane, UInt32(truncatingIfNeeded: task), record)
    var bytes = arguments(of: record)
    guard let references = record.pointee.references?.takeUnretainedValue(),
      !references.direct.isEmpty
    else {
      push(task, record, on: lane, leaseID, bytes)
      return sent(record)
    }
    guard let resolved = resolvedArguments(bytes, references) else {
      return failTask(task, lostArgument(references))
    }
    resolved.withUnsafeBytes {
      bytes = $0
      push(task, record, on: lane, leaseID, bytes)
    }
    sent(record)
  }

  /// A value that was there when the task was queued, or first tried, can be lost with its owner since.
  private func lostArgument(_ references: ArgumentReferences) -> [UInt8] {
    firstFailure(references.direct)
      ?? encodeError(RayError(.internalError, "an argument was ready and has no value"))
  }

  @inline(__always)
  private func sent(_ record: UnsafeMutablePointer<TaskRecord>) {
    if record.pointee.flags & TaskRecord.stream != 0, record.pointee.attempt > 1 { creditRepeatedAttempt(record) }
  }

  private func push(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, on lane: Lane, _ leaseID: UInt64,
    _ arguments: UnsafeRawBufferPointer
  ) {
    // The lane holds the peer; counting it once more for each call would be felt.
    guard let peer = lane.peer.map({ Unmanaged.passUnretained($0) }) else { return callMyself(task, record, leaseID, arguments) }
    peer._withUnsafeGuaranteedRef { push(task, record, to: $0, leaseID, arguments) }
  }

  @inline(__always)
  private func push(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, to peer: Peer, _ leaseID: UInt64,
    _ arguments: UnsafeRawBufferPointer
  ) {
    let function = functionIndex(record.pointee.function, at: peer)
    let isStream = record.pointee.flags & TaskRecord.stream != 0
    let body = peer.outbox.frame(
      .push, flags: isStream ? PushBody.streamFlag : 0, function: function, id: task,
      bodyByteCount: PushBody.headerByteCount + arguments.count)
    var filler = ByteFiller(body)
    filler.put(leaseID)
    filler.put(record.pointee.attempt)
    filler.put(UInt16(record.pointee.resultCount))
    filler.put(isStream ? streamWindow(of: record) : 0)
    filler.put(arguments)
    touch(peer)
  }

  /// 0 for calls without a stream, or whose stream nobody reads any more.
  func streamWindow(of record: UnsafeMutablePointer<TaskRecord>) -> UInt32 {
    guard record.pointee.flags & TaskRecord.stream != 0 else { return 0 }
    return UInt32(clamping: streams[record.pointee.firstResult]?.window ?? 0)
  }

  /// The index of a function on the connection, defined on first use.
  @inline(__always)
  private func functionIndex(_ key: UInt32, at peer: Peer) -> UInt16 {
    if Int(key) < peer.definedFunctions.count, peer.definedFunctions[Int(key)] != 0 {
      return peer.definedFunctions[Int(key)] - 1
    }
    return defineFunction(key, at: peer)
  }

  private func defineFunction(_ key: UInt32, at peer: Peer) -> UInt16 {
    while peer.definedFunctions.count <= Int(key) { peer.definedFunctions.append(0) }
    let index = peer.definedCount
    precondition(
      index < UInt16.max, "a program cannot call more than 65,534 remote functions of one worker")
    peer.definedCount += 1
    peer.definedFunctions[Int(key)] = index + 1
    var name = functionNames[Int(key)]
    name.withUTF8 {
      peer.outbox.frame(.defineFunction, function: index, body: UnsafeRawBufferPointer($0))
    }
    return index
  }

  // MARK: In flight

  func enterLane(_ lane: Lane, _ slot: UInt32, _ record: UnsafeMutablePointer<TaskRecord>) {
    if lane.inFlight.isEmpty { flushHint = true }
    lane.inFlight.append(slot, record, in: tasks)
  }

  func leaveLane(_ lane: Lane, _ record: UnsafeMutablePointer<TaskRecord>) {
    lane.inFlight.remove(record, in: tasks)
    if let lease = lane.asLease {
      lease.booked -= min(lease.booked, UInt64(record.pointee.booked))
    }
    record.pointee.booked = 0
  }

  /// Takes everything in flight off a lane whose process died, oldest first.
  func takeInFlight(_ lane: Lane) -> [UInt64] {
    var indices: [UInt64] = []
    while !lane.inFlight.isEmpty {
      let slot = lane.inFlight.first
      let record = tasks.pointer(slot)
      indices.append(tasks.index(ofSlot: slot))
      leaveLane(lane, record)
      record.pointee.stage = .orphaned
      if record.pointee.queue != nil { record.pointee.lane = nil }
    }
    return indices
  }
}
