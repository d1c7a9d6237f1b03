package import RayProtocol

extension CoreMachine {
  /// Cancels the task that makes an object: dropped when it has not started, told to stop when it runs.
  package func cancel(_ id: ObjectID, force: Bool, recursive: Bool) {
    cancel(id, flags: (force ? FrameFlag.force : 0) | (recursive ? FrameFlag.recursive : 0))
  }

  func cancel(_ id: ObjectID, flags: UInt8) {
    guard id.owner == me else {
      let peer = peer(id.owner)
      guard !peer.isClosed else { return }
      peer.outbox.frame(.cancelObject, flags: flags, id: id.index)
      return touch(peer)
    }
    guard let object = objects.find(id.index), object.pointee.task != 0 else { return }
    cancelTask(object.pointee.task, flags: flags)
  }

  func cancelTask(_ task: UInt64, flags: UInt8) {
    guard let record = tasks.find(task) else { return }
    record.pointee.flags |= TaskRecord.cancelled
    if flags & FrameFlag.force != 0 { record.pointee.flags |= TaskRecord.forced }
    switch record.pointee.stage {
    case .waiting, .queued:
      failTask(task, encodeError(cancelledError(task, record)))
    case .sent:
      guard let lane = record.pointee.lane?.takeUnretainedValue() else { return }
      if let peer = lane.peer {
        peer.outbox.frame(.cancel, flags: flags, id: task)
        touch(peer)
      } else {
        cancelCall(task, flags, from: nil)
      }
    case .orphaned: break  // settled as cancelled when the cause arrives
    }
  }

  private func cancelledError(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>)
    -> RayError
  {
    var details = RayError.Details()
    details.task = TaskID(owner: me, index: task)
    details.function = functionNames[Int(record.pointee.function)]
    return RayError(.taskCancelled, "the task was cancelled before it started", details: details)
  }

  // MARK: Executor side

  func cancelReceived(_ task: UInt64, _ flags: UInt8, from peer: Peer) {
    cancelCall(task, flags, from: peer)
  }

  private func cancelCall(_ task: UInt64, _ flags: UInt8, from peer: Peer?) {
    let call =
      peer.map { $0.calls[task] } ?? running.first { $0.peer == nil && $0.taskIndex == task }
      ?? unstartedOwnCall(task)
    guard let call, !call.isCancelled || flags & FrameFlag.force != 0 else { return }
    call.isCancelled = true
    if call.isStarted {
      if flags & FrameFlag.recursive != 0 { cancelChildren(of: call.token, flags) }
      cancellations.append((call, flags & FrameFlag.force != 0))
    } else {
      runnable.remove(call)
      let error = encodeError(RayError(.taskCancelled, "the task was cancelled before it started"))
      error.withUnsafeBytes { finish(call, flags: FrameFlag.failed, inline: $0, duration: 0) }
    }
  }

  func unstartedOwnCall(_ task: UInt64) -> ExecutionCall? {
    runnable.first { $0.peer == nil && $0.taskIndex == task }
  }

  private func cancelChildren(of parent: UInt64, _ flags: UInt8) {
    var children: [UInt64] = []
    tasks.forEachTaken { index, record in
      if record.pointee.parent == parent { children.append(index) }
    }
    for child in children { cancelTask(child, flags: flags) }
  }
}
