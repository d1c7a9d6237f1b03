package import RayProtocol

extension CoreMachine {
  // MARK: Receiving

  func callReceived(
    _ task: UInt64, function: UInt32, flags: UInt8, body: UnsafeRawBufferPointer, from peer: Peer
  ) throws(ByteCursor.Truncated) {
    guard !peer.calls.contains(task) else { return }
    var cursor = ByteCursor(body)
    let lease = try cursor.integer(UInt64.self)
    let attempt = try cursor.integer(UInt16.self)
    let resultCount = try cursor.integer(UInt16.self)
    let streamWindow = try cursor.integer(UInt32.self)
    makeRunnableCall()._withUnsafeGuaranteedRef { call in
      call.lease = lease
      call.attempt = attempt
      call.resultCount = UInt32(resultCount)
      call.streamWindow = UInt64(streamWindow)
      call.peer = peer
      call.isStream = flags & PushBody.streamFlag != 0
      accept(call, task, function, cursor.remaining)
      peer.calls.insert(call)
    }
  }

  /// A call at the end of those that wait to be run, to be filled in.
  @inline(__always)
  private func makeRunnableCall() -> Unmanaged<ExecutionCall> {
    if spareCalls.isEmpty { spareCalls.append(ExecutionCall()) }
    return spareCalls.moveFirst(to: &runnable)!
  }

  func callMyself(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, _ lease: UInt64,
    _ arguments: UnsafeRawBufferPointer
  ) {
    let call = makeRunnableCall().takeUnretainedValue()
    call.peer = nil
    call.lease = lease
    call.attempt = record.pointee.attempt
    call.resultCount = record.pointee.resultCount
    call.isStream = record.pointee.flags & TaskRecord.stream != 0
    call.streamWindow = UInt64(streamWindow(of: record))
    accept(call, task, record.pointee.function, arguments)
  }

  private func accept(
    _ call: ExecutionCall, _ task: UInt64, _ function: UInt32, _ arguments: UnsafeRawBufferPointer
  ) {
    call.taskIndex = task
    call.caller = call.peer?.id ?? me
    call.function = function
    call.isCancelled = false
    call.isStarted = false
    call.isFinished = false
    call.streamCredit = 0
    call.streamProduced = 0
    call.token = nextCallToken
    nextCallToken += 1
    call.setArguments(arguments)
  }

  // MARK: Running

  package var hasRunnableCalls: Bool { !runnable.isEmpty }
  package var runningCount: Int { running.count }

  /// The next call to run, oldest first.
  package func takeRunnableCall() -> ExecutionCall? {
    guard let call = runnable.moveFirst(to: &running)?.takeUnretainedValue() else { return nil }
    call.isStarted = true
    return call
  }

  /// Puts a call back that was taken and not begun: it is the next one again.
  package func putBack(_ call: ExecutionCall) {
    call.isStarted = false
    running.remove(call)
    runnable.prepend(call)
  }

  /// Hands over a call's outcome. Handles of `parts`' references must be alive until this returns.
  package func finish(_ call: ExecutionCall, flags: UInt8, parts: [ResultPart], duration: UInt32) {
    if let peer = call.peer, peer.isClosed { return finishUnheard(call, parts) }
    let (flags, body) = reply(call, flags, parts, duration)
    finish(call, HeldReply(flags: flags, body: body, stored: parts.compactMap(\.descriptor)))
  }

  /// The caller is gone: nothing is handed over, and what the call still uses is registered by itself.
  private func finishUnheard(_ call: ExecutionCall, _ parts: [ResultPart]) {
    for part in parts { discard(part) }
    _ = registerCovered(by: call)
    retire(call)
  }

  /// The common outcome: one inline value, or one error, without references.
  @inline(__always)
  package func finish(
    _ call: ExecutionCall, flags: UInt8, inline bytes: UnsafeRawBufferPointer, duration: UInt32
  ) {
    guard call.covered.isEmpty, let peer = call.peer else {
      let place: ValuePlace = flags & FrameFlag.failed == 0 ? .inline : .failed
      return finish(
        call, flags: flags, parts: [ResultPart(place: place, bytes: bytes)], duration: duration)
    }
    if !peer.isClosed {
      let body = peer.outbox.frame(
        .done, flags: flags, id: call.taskIndex, bodyByteCount: 4 + bytes.count)
      body.storeBytes(of: duration.littleEndian, as: UInt32.self)
      if let base = bytes.baseAddress, bytes.count > 0 {
        (body + 4).copyMemory(from: base, byteCount: bytes.count)
      }
      touch(peer)
    }
    retire(call)
  }

  private func finish(_ call: ExecutionCall, _ reply: HeldReply) {
    if call.missingRegistrations > 0 {
      call.heldReply = reply
      call.isFinished = true
    } else {
      send(reply, of: call)
    }
  }

  private func send(_ reply: HeldReply, of call: ExecutionCall) {
    let peer = call.peer
    let task = call.taskIndex
    let kept = call.heldKept
    call.heldKept = []
    defer { for id in kept { unpin(id) } }
    retire(call)
    reply.body.withUnsafeBytes { bytes in
      if let peer {
        guard !peer.isClosed else {
          for descriptor in reply.stored { freeStored(descriptor) }
          return
        }
        for descriptor in reply.stored { handOver(descriptor, to: peer) }
        peer.outbox.frame(.done, flags: reply.flags, id: task, body: bytes)
        touch(peer)
      } else {
        // Our own encoding a moment ago; it cannot be malformed.
        try! taskDone(task, flags: reply.flags, body: bytes, from: nil)
      }
    }
  }

  private func retire(_ call: ExecutionCall) {
    if let peer = call.peer {
      peer.calls.remove(call)
      call.peer = nil
    }
    call.isFinished = true
    call.shellState = nil
    if call.heldReply != nil { call.heldReply = nil }
    if call.isStream { creditWaiters[call.token] = nil }
    if !call.covered.isEmpty { call.covered.removeAll(keepingCapacity: true) }
    let isSpare = spareCalls.count < 2048 && call.argumentCapacity <= 4096
    switch (call.isStarted, isSpare) {
    case (true, true): running.move(call, to: &spareCalls)
    case (true, false): running.remove(call)
    case (false, true): spareCalls.append(call)
    case (false, false): break
    }
  }

  // MARK: Replies

  /// Encodes a general reply: pins what the results contain, names what is kept, registers what the caller cannot.
  private func reply(
    _ call: ExecutionCall, _ flags: UInt8, _ parts: [ResultPart], _ duration: UInt32
  ) -> (flags: UInt8, body: [UInt8]) {
    let transit = handOver(parts, to: call.peer)
    let kept = settleCovered(call)
    let byteCount = 20 + parts.reduce(0) { $0 + ResultCoding.byteCount($1) } + kept.count * 8
    let body = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      var filler = ByteFiller(UnsafeMutableRawPointer(buffer.baseAddress!))
      filler.put(duration)
      filler.put(UInt32(parts.count))
      filler.put(transit)
      filler.put(UInt32(kept.count))
      for part in parts { ResultCoding.write(part, &filler) }
      for index in kept { filler.put(index) }
      count = byteCount
    }
    return (flags | FrameFlag.general, body)
  }

  /// References leave inside results: each stays alive until the caller holds it itself.
  func handOver(_ parts: [ResultPart], to peer: Peer?) -> UInt64 {
    guard let peer else {
      // To ourselves: the results pin what they contain.
      for part in parts { for id in part.references { pin(id) } }
      return 0
    }
    var foreign: [ObjectID] = []
    for part in parts where !part.references.isEmpty {
      grantOwned(part.references, to: peer)
      foreign += part.references.filter { $0.owner != me && $0.owner != peer.id }
    }
    // The caller's own objects too: this reply may be held back, and a hold returned meanwhile would overtake it.
    let own = parts.flatMap { $0.references.filter { $0.owner == peer.id } }
    guard !foreign.isEmpty || !own.isEmpty else { return 0 }
    let transit = nextTransit
    nextTransit += 1
    for id in foreign + own { pin(id) }
    peer.transitPins[transit] = foreign + own
    return transit
  }

  /// The peer owns a value this process has allocated.
  func handOver(_ descriptor: StoredDescriptor, to peer: Peer) {
    if descriptor.creator == me.rawValue { peer.storedForIt.insert(descriptor) }
  }

  func referencesReceived(_ transit: UInt64, by peer: Peer) {
    guard let pinned = peer.transitPins.removeValue(forKey: transit) else { return }
    for id in pinned { unpin(id) }
  }

  /// What the call's arguments referred to and is still used here: the caller's own objects are named in the reply,
  /// those of others are registered before the reply may leave.
  private func settleCovered(_ call: ExecutionCall) -> [UInt64] {
    var kept: [UInt64] = []
    defer { if call.missingRegistrations > 0 { pinUntilSent(kept, call) } }
    for object in call.covered where borrowed[object.id] === object {
      guard object.localCount > 0 || object.pinCount > 0 else {
        dropIfUnused(object)
        continue
      }
      let isCallers = object.id.owner == call.peer?.id
      if isCallers, object.registration == .covered {
        object.registration = .registered
        object.holds += 1
        kept.append(object.id.index)
      } else if !isCallers {
        requestBorrow(object)
        if object.registration == .requested {
          call.missingRegistrations += 1
          object.waitingCalls.append(call)
        }
      }
    }
    return kept
  }

  /// A hold that is named in a reply must not be given back before that reply has left.
  private func pinUntilSent(_ kept: [UInt64], _ call: ExecutionCall) {
    guard let owner = call.peer?.id else { return }
    call.heldKept = kept.map { ObjectID(owner: owner, index: $0) }
    for id in call.heldKept { pin(id) }
  }

  /// One of the registrations a finished call waited for was answered.
  func registrationSettled(for call: ExecutionCall) {
    call.missingRegistrations -= 1
    guard call.missingRegistrations == 0, let reply = call.heldReply else { return }
    call.heldReply = nil
    send(reply, of: call)
  }

  // MARK: Giving work back

  /// Takes back up to `count` calls that have not started, youngest first; for calls this process made to itself.
  func stealFromOwnQueue(_ count: Int, sentOn lease: UInt64) -> [UInt64] {
    takeUnstarted(count) { $0.peer == nil && $0.lease == lease }
  }

  func workStolen(_ count: UInt64, by peer: Peer) {
    let indices = takeUnstarted(Int(min(count, UInt64(Int32.max)))) {
      $0.peer === peer && $0.lease != 0
    }
    let body = peer.outbox.frame(.stolen, bodyByteCount: indices.count * 8)
    var filler = ByteFiller(body)
    for index in indices { filler.put(index) }
    touch(peer)
  }

  private func takeUnstarted(_ count: Int, where matches: (ExecutionCall) -> Bool) -> [UInt64] {
    var kept: [ExecutionCall] = []
    var indices: [UInt64] = []
    while indices.count < count, let call = runnable.popLast() {
      if matches(call) {
        indices.append(call.taskIndex)
        dropUnstarted(call)
      } else {
        kept.append(call)
      }
    }
    for call in kept.reversed() { runnable.append(call) }
    return indices.reversed()
  }

  /// Forgets a call that was taken out of the queue before it had started.
  func dropUnstarted(_ call: ExecutionCall) { retire(call) }
}

extension ExecutionCall {
  /// A constructor's call: it came through the node and has no caller to answer.
  package static func forConstruction(_ arguments: [UInt8]) -> ExecutionCall {
    let call = ExecutionCall()
    call.isStarted = true
    arguments.withUnsafeBytes { call.setArguments($0) }
    return call
  }
}

extension CoreMachine {
  /// Registers with their owners what came with a constructor's arguments and is still used; returns what to wait for.
  package func registerCovered(by call: ExecutionCall) -> [ObjectID] {
    var waiting: [ObjectID] = []
    for object in call.covered where borrowed[object.id] === object && object.registration == .covered {
      if object.localCount > 0 || object.pinCount > 0 {
        requestBorrow(object)
        if object.registration == .requested { waiting.append(object.id) }
      } else {
        dropIfUnused(object)
      }
    }
    call.covered = []
    return waiting
  }

  /// Wakes `waiter` when the owner has answered; false when it has already.
  package func waitForRegistration(of id: ObjectID, _ waiter: ObjectWaiter) -> Bool {
    guard let object = borrowed[id], object.registration == .requested else { return false }
    object.registrationWaiters.append(waiter)
    return true
  }
}
