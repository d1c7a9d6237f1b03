package import RayProtocol

/// A streaming call as its owner sees it: elements that arrived and were not taken.
final class StreamState {
  let task: UInt64
  var ready = Deque<UInt64>()
  /// Elements that arrived so far; a repeated attempt sends the first ones again and they are dropped.
  var received: UInt64 = 0
  var consumed: UInt64 = 0
  var credited: UInt64 = 0
  var skipping: UInt64 = 0
  var isEnded = false
  var waiters: [ObjectWaiter] = []
  /// How many elements the producer may be ahead.
  let window: UInt64
  init(task: UInt64, window: UInt64) {
    self.task = task
    self.window = window
  }
}

/// What the next step of a stream is.
package enum StreamStep {
  case element(ObjectID)
  case ended
  case pending
}

extension CoreMachine {
  /// How many elements a producer may be ahead of its consumer where the call does not say.
  package static var streamWindow: UInt64 { 1024 }

  // MARK: Consumer

  /// The next element, with one local handle counted.
  package func nextElement(of stream: ObjectID) -> StreamStep {
    guard let state = streams[stream.index] else { return .ended }
    if let element = state.ready.popFirst() {
      state.consumed += 1
      giveCredit(state)
      return .element(ObjectID(owner: me, index: element))
    }
    return state.isEnded ? .ended : .pending
  }

  /// Wakes `waiter` when there is news; false when there is already.
  package func waitForElement(of stream: ObjectID, _ waiter: ObjectWaiter) -> Bool {
    guard let state = streams[stream.index], state.ready.isEmpty, !state.isEnded else { return false }
    state.waiters.removeAll { $0.isFinished }
    state.waiters.append(waiter)
    return true
  }

  private func giveCredit(_ state: StreamState, always: Bool = false) {
    guard always || state.consumed - state.credited >= max(1, state.window / 4),
      let record = tasks.find(state.task), record.pointee.stage == .sent,
      let lane = record.pointee.lane?.takeUnretainedValue()
    else { return }
    state.credited = state.consumed
    guard let peer = lane.peer else { return creditOwnCall(state) }
    let body = peer.outbox.frame(.streamCredit, id: state.task, bodyByteCount: 8)
    body.storeBytes(of: state.consumed.littleEndian, as: UInt64.self)
    touch(peer)
  }

  private func creditOwnCall(_ state: StreamState) {
    let call = running.first { $0.peer == nil && $0.taskIndex == state.task } ?? unstartedOwnCall(state.task)
    if let call { credit(call, state.consumed) }
  }

  /// A repeated attempt begins at the first element: it may catch up with what the consumer has taken.
  func creditRepeatedAttempt(_ record: UnsafeMutablePointer<TaskRecord>) {
    guard let state = streams[record.pointee.firstResult], state.consumed > 0 else { return }
    giveCredit(state, always: true)
  }

  /// Nobody will read the stream: what arrived is dropped and the producer is told to stop.
  func abandonStream(_ index: UInt64) {
    guard let state = streams.removeValue(forKey: index) else { return }
    while let element = state.ready.popFirst() { release(ObjectID(owner: me, index: element)) }
    if !state.isEnded { cancelTask(state.task, flags: FrameFlag.recursive) }
  }

  func streamEnded(_ index: UInt64) {
    guard let state = streams[index] else { return }
    state.isEnded = true
    wake(state)
    if objects.find(index) == nil { abandonStream(index) }
  }

  private func wake(_ state: StreamState) {
    for waiter in state.waiters where !waiter.isFinished {
      waiter.isFinished = true
      wakeups.append(waiter)
    }
    state.waiters = []
  }

  func streamItemReceived(_ task: UInt64, _ body: UnsafeRawBufferPointer, from peer: Peer)
    throws(ByteCursor.Truncated)
  {
    var cursor = ByteCursor(body)
    let number = try cursor.integer(UInt64.self)
    let transit = try cursor.integer(UInt64.self)
    let part = try ResultCoding.read(&cursor)
    let receipt = transit == 0 ? nil : Receipt(peer: peer, task: transit, missing: 1)
    receive(part.references, from: peer, source: nil, receipt: receipt)
    if let receipt {
      receipt.missing -= 1
      if receipt.missing == 0 { acknowledge(receipt) }
    }
    streamItem(task, number, part, from: peer)
  }

  private func streamItem(_ task: UInt64, _ number: UInt64, _ part: ResultPart, from peer: Peer?) {
    guard let record = tasks.find(task), record.pointee.stage == .sent,
      record.pointee.lane?.takeUnretainedValue().peer === peer,
      let state = streams[record.pointee.firstResult], number == state.received
    else {
      for id in part.references { unpin(id) }
      return discard(part)
    }
    state.received += 1
    let index = makeObject()
    complete(index, part, referencesArePinned: true)
    state.ready.append(index)
    wake(state)
  }

  // MARK: Producer

  /// True while the producer may go on.
  package func mayYield(_ call: ExecutionCall) -> Bool {
    call.streamProduced < call.streamCredit + call.streamWindow
  }

  /// Sends one element. Handles of the part's references must be alive until this returns.
  package func yield(_ part: ResultPart, of call: ExecutionCall) {
    let number = call.streamProduced
    call.streamProduced += 1
    guard let peer = call.peer else {
      for id in part.references { pin(id) }
      return streamItem(call.taskIndex, number, part, from: nil)
    }
    guard !peer.isClosed else { return discard(part) }
    let transit = handOver([part], to: peer)
    if let descriptor = part.descriptor { handOver(descriptor, to: peer) }
    let body = peer.outbox.frame(
      .streamItem, id: call.taskIndex, bodyByteCount: 16 + ResultCoding.byteCount(part))
    var filler = ByteFiller(body)
    filler.put(number)
    filler.put(transit)
    ResultCoding.write(part, &filler)
    touch(peer)
  }

  /// Woken when the consumer caught up.
  package func waitForCredit(_ call: ExecutionCall, _ waiter: ObjectWaiter) {
    creditWaiters[call.token] = waiter
  }

  func streamCreditReceived(_ task: UInt64, _ body: UnsafeRawBufferPointer, from peer: Peer)
    throws(ByteCursor.Truncated)
  {
    var cursor = ByteCursor(body)
    let consumed = try cursor.integer(UInt64.self)
    if let call = peer.calls[task] { credit(call, consumed) }
  }

  private func credit(_ call: ExecutionCall, _ consumed: UInt64) {
    // Nobody can have consumed what was not produced; a repeated attempt is told what an earlier one had produced.
    call.streamCredit = max(call.streamCredit, min(consumed, UInt64(Int64.max)))
    wakeProducer(call)
  }

  func wakeProducer(_ call: ExecutionCall) {
    guard let waiter = creditWaiters.removeValue(forKey: call.token), !waiter.isFinished else { return }
    waiter.isFinished = true
    wakeups.append(waiter)
  }
}
