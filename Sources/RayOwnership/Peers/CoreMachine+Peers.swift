package import RayProtocol

extension CoreMachine {
  /// Why a frame was refused; the connection it came on is to be closed.
  package struct FrameRefusal: Error, CustomStringConvertible {
    package let description: String
  }

  // MARK: Connections

  /// The node brokered a connection; frames collected so far may leave.
  package func peerConnected(_ id: WorkerID) -> Peer {
    let peer: Peer
    if let known = peers[id], !known.isClosed {
      peer = known
    } else {
      peer = Peer(id)
      peers[id] = peer
    }
    peer.isConnected = true
    if !peer.outbox.isEmpty { touch(peer) }
    return peer
  }

  /// The connection ended, or could not be brokered: the process behind it is dead.
  package func peerClosed(_ id: WorkerID) {
    guard let peer = peers[id], !peer.isClosed else { return }
    peer.isClosed = true
    peer.outbox.removeAll()
    forgetBorrows(of: peer)
    abandonCalls(of: peer)
    for object in borrowedInOrder(where: { $0.id.owner == id }) { ownerDied(object) }
    peerLeasesLost(peer)
    for actor in peer.actors { actorConnectionLost(actor) }
    if orphansByWorker[id, default: []].isEmpty { orphansByWorker[id] = nil }
    // Always, for what is done here relies on its end: the node ends a process that has lost its connection only.
    node.askWhyDied(id)
  }

  /// The node knows how a worker ended.
  package func workerDied(_ id: WorkerID, cause: RayError) {
    if peers[id]?.isClosed == false { peerClosed(id) }
    // Not when the connection ended: if it is this process that the node ends for that, the other one keeps its values.
    if let peer = peers[id] { freeStoredValues(of: peer) }
    if let orphans = orphansByWorker.removeValue(forKey: id) {
      settleOrphans(orphans, cause: cause)
    }
  }

  /// A dead process left stored values for this one. What it had said before it died and is not read yet counts as never said.
  package func valuesInherited(from creator: WorkerID) {
    peerClosed(creator)
    var known: [StoredDescriptor] = []
    objects.forEachTaken { _, object in
      guard object.pointee.place == .stored else { return }
      let descriptor = StoredDescriptor(reading: bytes(of: object).baseAddress!)
      if descriptor.creator == creator.rawValue { known.append(descriptor) }
    }
    node.keepStored(known, of: creator)
  }

  private func forgetBorrows(of peer: Peer) {
    let borrows = peer.borrows
    peer.borrows = [:]
    for index in borrows.keys.sorted() {
      guard let object = objects.find(index) else { continue }
      object.pointee.borrowerCount -= 1
      freeIfUnused(index, object)
    }
    let pins = peer.transitPins
    peer.transitPins = [:]
    for transit in pins.keys.sorted() { for id in pins[transit]! { unpin(id) } }
  }

  /// The owner cannot say any more that it does not need them.
  private func freeStoredValues(of peer: Peer) {
    let values = peer.storedForIt.sorted { $0.order.lexicographicallyPrecedes($1.order) }
    peer.storedForIt = []
    for value in values { freeStored(value) }
  }

  /// Nobody waits for these results any more.
  private func abandonCalls(of peer: Peer) {
    for call in runnable.all(where: { $0.peer === peer }) {
      runnable.remove(call)
      dropUnstarted(call)
    }
    for call in peer.calls.all.sorted(by: { $0.token < $1.token }) {
      call.isCancelled = true
      cancellations.append((call, false))
    }
  }

  private func peerLeasesLost(_ peer: Peer) {
    for lease in peer.leases {
      let orphans = takeInFlight(lease)
      // The oldest of each lease has surely started: a worker runs the tasks of several leases by turns.
      if let oldest = orphans.first { tasks.find(oldest)?.pointee.flags |= TaskRecord.mayHaveStarted }
      orphansByWorker[peer.id, default: []] += orphans
      leases[lease.id] = nil
      lease.pool.leases.removeAll { $0 === lease }
      lease.pool.wanted = max(0, lease.pool.wanted - 1)
      markDirty(lease.pool)
    }
    peer.leases = []
  }

  // MARK: Frames

  /// Takes one frame. Unknown indices are late and ignored; impossible bytes are refused.
  package func receive(_ header: FrameHeader, _ body: UnsafeRawBufferPointer, from peer: Peer)
    throws(FrameRefusal)
  {
    guard !peer.isClosed else { return }
    guard let kind = PeerFrameKind(rawValue: header.kind) else {
      throw refusal(header, "unknown kind")
    }
    do throws(ByteCursor.Truncated) {
      try receive(kind, header, body, from: peer)
    } catch {
      throw refusal(header, "its body is malformed")
    }
  }

  private func refusal(_ header: FrameHeader, _ reason: String) -> FrameRefusal {
    FrameRefusal(
      description: "frame of kind \(header.kind) with \(header.bodyByteCount) bytes: \(reason)")
  }

  private func receive(
    _ kind: PeerFrameKind, _ header: FrameHeader, _ body: UnsafeRawBufferPointer, from peer: Peer
  ) throws(ByteCursor.Truncated) {
    switch kind {
    case .push:
      guard Int(header.function) < peer.knownFunctions.count else { throw ByteCursor.Truncated() }
      let function = peer.knownFunctions[Int(header.function)]
      try callReceived(header.id, function: function, flags: header.flags, body: body, from: peer)
    case .done: try taskDone(header.id, flags: header.flags, body: body, from: peer)
    case .hello: break
    case .defineFunction: try functionDefined(header.function, body, by: peer)
    case .cancel: cancelReceived(header.id, header.flags, from: peer)
    case .steal: workStolen(header.id, by: peer)
    case .stolen: try stolenReceived(body, from: peer)
    case .streamItem: try streamItemReceived(header.id, body, from: peer)
    case .streamCredit: try streamCreditReceived(header.id, body, from: peer)
    case .referencesReceived: referencesReceived(header.id, by: peer)
    case .borrow: borrowRequested(header.id, by: peer)
    case .borrowed:
      borrowAcknowledged(header.id, by: peer, isGone: header.flags & FrameFlag.gone != 0)
    case .returnBorrow: try borrowReturnReceived(header.id, body, by: peer)
    case .fetch: objectFetched(header.id, by: peer)
    case .object: try objectReceived(header.id, body, from: peer)
    case .cancelObject: cancel(ObjectID(owner: me, index: header.id), flags: header.flags)
    case .freeStored: try freeReceived(body, from: peer)
    }
  }

  private func functionDefined(
    _ index: UInt16, _ body: UnsafeRawBufferPointer, by peer: Peer
  ) throws(ByteCursor.Truncated) {
    // Indices are given out one after another; anything else is no peer of ours.
    guard Int(index) == peer.knownFunctions.count, body.count <= 4096 else {
      throw ByteCursor.Truncated()
    }
    peer.knownFunctions.append(functionKey(named: String(decoding: body, as: UTF8.self)))
  }

  private func stolenReceived(_ body: UnsafeRawBufferPointer, from peer: Peer) throws(ByteCursor
    .Truncated)
  {
    var cursor = ByteCursor(body)
    var indices: [UInt64] = []
    while !cursor.remaining.isEmpty { indices.append(try cursor.integer(UInt64.self)) }
    let lease = peer.leases.first(where: \.isStealing)
    // Only what was sent to it: records look after their lane no longer than they are in flight on it.
    let own = indices.filter { tasks.find($0).map { isInFlight($0, at: peer) } ?? false }
    tasksStolen(own, from: lease)
  }

  private func borrowReturnReceived(
    _ index: UInt64, _ body: UnsafeRawBufferPointer, by peer: Peer
  ) throws(ByteCursor.Truncated) {
    var cursor = ByteCursor(body)
    borrowReturned(index, try cursor.integer(UInt32.self), by: peer)
  }

  private func objectReceived(
    _ index: UInt64, _ body: UnsafeRawBufferPointer, from peer: Peer
  ) throws(ByteCursor.Truncated) {
    var cursor = ByteCursor(body)
    let part = try ResultCoding.read(&cursor)
    if let object = borrowed[ObjectID(owner: peer.id, index: index)], object.place == .pending {
      complete(object, part, from: peer)
    } else {
      // The reference was dropped meanwhile: give back what the owner granted with the value.
      receive(part.references, from: peer, source: nil, receipt: nil)
      for id in part.references { unpin(id) }
    }
  }

  private func freeReceived(_ body: UnsafeRawBufferPointer, from peer: Peer) throws(ByteCursor.Truncated) {
    guard body.count == StoredDescriptor.byteCount else { throw ByteCursor.Truncated() }
    let descriptor = StoredDescriptor(reading: body.baseAddress!)
    // Only what was allocated for this peer, and only once.
    if peer.storedForIt.remove(descriptor) != nil { store.free(descriptor) }
  }
}
