package import RayProtocol

extension CoreMachine {
  // MARK: Borrower side

  /// A reference arrived as bytes; returns with one more local handle counted.
  ///
  /// - Parameter call: the running call whose arguments it came with; its caller keeps the object alive until the reply.
  /// - Parameter source: the object whose value it came in; kept until the owner knows about this process.
  package func adopt(_ id: ObjectID, call: ExecutionCall? = nil, source: ObjectID? = nil) {
    if id.owner == me {
      objects.find(id.index)?.pointee.localCount += 1
      return
    }
    if let object = borrowed[id] {
      object.localCount += 1
      // Each call answers for its own caller: the one that brought the reference first may be abandoned.
      if let call, !call.isFinished, object.registration != .registered, call.covered.last !== object {
        call.covered.append(object)
      }
      return
    }
    let object = borrowedObject(id)
    object.localCount += 1
    if let call, !call.isFinished {
      call.covered.append(object)
    } else {
      if let source { keep(source, until: object) }
      requestBorrow(object)
    }
  }

  /// The entry of a foreign object, made on first sight.
  func borrowedObject(_ id: ObjectID) -> BorrowedObject {
    if let object = borrowed[id] { return object }
    let object = BorrowedObject(id)
    borrowed[id] = object
    if let peer = peers[id.owner], peer.isClosed {
      // Whoever asks for the entry is about to use it: it must not be dropped as unused meanwhile.
      object.pinCount += 1
      ownerDied(object)
      object.pinCount -= 1
    }
    return object
  }

  /// In an order that does not depend on hashing: the same events decide the same, in every process.
  func borrowedInOrder(where matches: (BorrowedObject) -> Bool) -> [BorrowedObject] {
    borrowed.values.filter(matches).sorted { ($0.id.owner, $0.id.index) < ($1.id.owner, $1.id.index) }
  }

  private func keep(_ source: ObjectID, until object: BorrowedObject) {
    guard source != object.id else { return }
    pin(source)
    object.sources.append(source)
  }

  /// Tells the owner that this process holds the object; the answer releases what was kept meanwhile.
  func requestBorrow(_ object: BorrowedObject) {
    guard object.registration == .covered else { return }
    object.registration = .requested
    let peer = peer(object.id.owner)
    guard !peer.isClosed else { return ownerDied(object) }
    peer.outbox.frame(.borrow, id: object.id.index)
    touch(peer)
  }

  /// The owner counts one more hold for this process, by a reply of its own or of ours.
  func holdGranted(_ object: BorrowedObject) {
    object.holds += 1
    if object.registration == .covered { object.registration = .registered }
  }

  func borrowAcknowledged(_ index: UInt64, by peer: Peer, isGone: Bool) {
    guard let object = borrowed[ObjectID(owner: peer.id, index: index)],
      object.registration == .requested
    else { return }
    object.registration = .registered
    if isGone {
      forgetStoredValue(of: object)
      lose(
        object,
        RayError(
          .objectReleased,
          "object \(object.id) was freed by its owner before the reference was registered"))
    } else {
      object.holds += 1
    }
    settleRegistration(object)
    dropIfUnused(object)
  }

  /// Everything that waited for the owner's answer goes on.
  private func settleRegistration(_ object: BorrowedObject) {
    let sources = object.sources
    let calls = object.waitingCalls
    let receipts = object.waitingReceipts
    object.sources = []
    object.waitingCalls = []
    object.waitingReceipts = []
    for waiter in object.registrationWaiters where !waiter.isFinished {
      waiter.isFinished = true
      wakeups.append(waiter)
    }
    object.registrationWaiters = []
    for source in sources { unpin(source) }
    for call in calls { registrationSettled(for: call) }
    for receipt in receipts {
      receipt.missing -= 1
      if receipt.missing == 0 { acknowledge(receipt) }
    }
  }

  func acknowledge(_ receipt: Receipt) {
    guard !receipt.peer.isClosed else { return }
    receipt.peer.outbox.frame(.referencesReceived, id: receipt.task)
    touch(receipt.peer)
  }

  /// Gives a borrowed object up when nothing here uses it.
  func dropIfUnused(_ object: BorrowedObject) {
    guard object.localCount <= 0, object.pinCount <= 0, object.registration != .requested else {
      return
    }
    guard borrowed[object.id] === object else { return }
    borrowed[object.id] = nil
    if object.holds > 0, let peer = peers[object.id.owner], !peer.isClosed {
      let body = peer.outbox.frame(.returnBorrow, id: object.id.index, bodyByteCount: 4)
      body.storeBytes(of: object.holds.littleEndian, as: UInt32.self)
      touch(peer)
    }
    dropWaiters(object.waiters)
    object.waiters = nil
    if let contained = object.contained {
      object.contained = nil
      for reference in contained.ids { unpin(reference) }
    }
    if !actors.isEmpty { forgetIfDone(ActorID(creator: object.id.owner, index: object.id.index)) }
  }

  /// The value of a borrowed object arrived from its owner.
  func complete(_ object: BorrowedObject, _ part: ResultPart, from peer: Peer) {
    guard object.place == .pending else { return }
    object.place = part.place
    object.descriptor = part.descriptor
    if part.place != .stored {
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(1, part.bytes.count), alignment: 64)
      memory.copyMemory(from: part.bytes)
      object.bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<part.bytes.count])
    }
    if !part.references.isEmpty {
      receive(part.references, from: peer, source: object.id, receipt: nil)
      object.contained = ContainedReferences(part.references)
    }
    wakeWaiters(of: object)
  }

  private func wakeWaiters(of object: BorrowedObject) {
    guard let waiters = object.waiters else { return }
    object.waiters = nil
    object.pinCount += 1
    notify(waiters, object.id)
    object.pinCount -= 1
    dropIfUnused(object)
  }

  private func lose(_ object: BorrowedObject, _ error: RayError) {
    guard object.place == .pending else { return }
    object.place = .failed
    let bytes = encodeError(error)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyBytes(from: bytes)
    object.bytes = memory
    wakeWaiters(of: object)
  }

  /// Whoever allocated the value has freed it, or does so now.
  private func forgetStoredValue(of object: BorrowedObject) {
    guard object.place == .stored else { return }
    object.place = .pending
    object.descriptor = nil
  }

  /// The process that owns the object is gone, and with it the object; a value whose bytes are in this process stays readable.
  func ownerDied(_ object: BorrowedObject) {
    let wasRequested = object.registration == .requested
    object.registration = .registered
    object.holds = 0
    forgetStoredValue(of: object)
    lose(
      object,
      RayError(.ownerDied, "worker \(object.id.owner), which created object \(object.id), died"))
    if wasRequested { settleRegistration(object) }
    dropIfUnused(object)
  }

  // MARK: Receiving values with references inside

  /// Pins every reference of a value that arrived from `peer` and sees to it that the owners know.
  ///
  /// `peer` counted a hold for this process on those it owns; the others are kept alive by `source` here, or by the
  /// sender until `receipt` is acknowledged.
  func receive(_ references: [ObjectID], from peer: Peer, source: ObjectID?, receipt: Receipt?) {
    for id in references {
      if id.owner == me {
        objects.find(id.index)?.pointee.pinCount += 1
        continue
      }
      let object = borrowedObject(id)
      object.pinCount += 1
      if id.owner == peer.id {
        holdGranted(object)
      } else {
        if object.registration == .covered { requestBorrow(object) }
        guard object.registration == .requested else { continue }
        if let source { keep(source, until: object) }
        if let receipt {
          receipt.missing += 1
          object.waitingReceipts.append(receipt)
        }
      }
    }
  }

  // MARK: Owner side

  func borrowRequested(_ index: UInt64, by peer: Peer) {
    if let object = objects.find(index) {
      countBorrow(index, object, by: peer)
      peer.outbox.frame(.borrowed, id: index)
    } else {
      peer.outbox.frame(.borrowed, flags: FrameFlag.gone, id: index)
    }
    touch(peer)
  }

  func countBorrow(_ index: UInt64, _ object: UnsafeMutablePointer<OwnedObject>, by peer: Peer) {
    let holds = peer.borrows[index, default: 0]
    if holds == 0 { object.pointee.borrowerCount += 1 }
    peer.borrows[index] = holds + 1
  }

  func borrowReturned(_ index: UInt64, _ count: UInt32, by peer: Peer) {
    guard let holds = peer.borrows[index] else { return }
    guard holds <= count else {
      peer.borrows[index] = holds - count
      return
    }
    peer.borrows[index] = nil
    guard let object = objects.find(index) else { return }
    object.pointee.borrowerCount -= 1
    freeIfUnused(index, object)
  }

  func objectFetched(_ index: UInt64, by peer: Peer) {
    let id = ObjectID(owner: me, index: index)
    if isReady(id) { sendObject(id, to: peer) } else { add(WaitNode(.peer(peer)), to: id) }
  }

  /// Sends the value of an owned object to a borrower.
  func sendObject(_ id: ObjectID, to peer: Peer) {
    guard let object = objects.find(id.index) else {
      let error = encodeError(
        RayError(.objectReleased, "object \(id) was freed before it was read"))
      error.withUnsafeBytes { sendObject(id, ResultPart(place: .failed, bytes: $0), to: peer) }
      return
    }
    var part = ResultPart(place: object.pointee.place, bytes: bytes(of: object))
    if part.place == .stored {
      part.descriptor = StoredDescriptor(reading: part.bytes.baseAddress!)
    }
    part.references = object.pointee.contained?.takeUnretainedValue().ids ?? []
    sendObject(id, part, to: peer)
  }

  private func sendObject(_ id: ObjectID, _ part: ResultPart, to peer: Peer) {
    // The borrower holds the object, and so what it contains, until it has registered the references of others.
    grantOwned(part.references, to: peer)
    let body = peer.outbox.frame(.object, id: id.index, bodyByteCount: ResultCoding.byteCount(part))
    var filler = ByteFiller(body)
    ResultCoding.write(part, &filler)
    touch(peer)
  }

  /// References of ours leave inside a value: their receiver holds them from now on.
  func grantOwned(_ references: [ObjectID], to peer: Peer) {
    for id in references where id.owner == me {
      if let object = objects.find(id.index) { countBorrow(id.index, object, by: peer) }
    }
  }
}
