package import RayProtocol

/// A look at an object without waiting; pointers stay valid as long as a handle keeps the object.
package enum ObjectSnapshot {
  case pending
  case inline(UnsafeRawBufferPointer)
  case stored(StoredDescriptor)
  case failed(UnsafeRawBufferPointer)
}

extension CoreMachine {
  // MARK: Making objects

  /// A new pending object with one local handle.
  func makeObject(task: UInt64 = 0) -> UInt64 {
    let (index, object) = objects.take()
    object.pointee.localCount = 1
    object.pointee.task = task
    return index
  }

  /// A value that is there from the beginning (`Ray.put`). The handles of `references` must be alive.
  package func put(_ part: ResultPart) -> ObjectID {
    let index = makeObject()
    let id = ObjectID(owner: me, index: index)
    for reference in part.references { pin(reference) }
    complete(index, part, referencesArePinned: true)
    return id
  }

  /// An object that counts the handles of an actor this process creates.
  func makeActorLifetime() -> UInt64 {
    let index = makeObject()
    objects.find(index)!.pointee.isActorLifetime = true
    objects.find(index)!.pointee.place = .inline
    return index
  }

  // MARK: Looking

  package func snapshot(_ id: ObjectID) -> ObjectSnapshot {
    if id.owner == me {
      guard let object = objects.find(id.index) else { return releasedSnapshot }
      return snapshot(object)
    }
    guard let object = borrowed[id] else { return releasedSnapshot }
    switch object.place {
    case .pending: return .pending
    case .inline:
      return .inline(UnsafeRawBufferPointer(object.bytes ?? .init(start: nil, count: 0)))
    case .failed:
      return .failed(UnsafeRawBufferPointer(object.bytes ?? .init(start: nil, count: 0)))
    case .stored: return .stored(object.descriptor!)
    }
  }

  @inline(__always)
  func snapshot(_ object: UnsafeMutablePointer<OwnedObject>) -> ObjectSnapshot {
    switch object.pointee.place {
    case .pending: return .pending
    case .inline: return .inline(bytes(of: object))
    case .failed: return .failed(bytes(of: object))
    case .stored: return .stored(StoredDescriptor(reading: bytes(of: object).baseAddress!))
    }
  }

  @inline(__always)
  func bytes(of object: UnsafeMutablePointer<OwnedObject>) -> UnsafeRawBufferPointer {
    if let heap = object.pointee.heap {
      return UnsafeRawBufferPointer(start: heap, count: object.pointee.byteCount)
    }
    let small = UnsafeRawPointer(object) + MemoryLayout<OwnedObject>.offset(of: \.small)!
    return UnsafeRawBufferPointer(start: small, count: object.pointee.byteCount)
  }

  /// What a handle of an object that is no longer known gets: never a trap.
  private var releasedSnapshot: ObjectSnapshot { .failed(Self.releasedError(encodeError)) }

  private static func releasedError(_ encode: ErrorEncoder) -> UnsafeRawBufferPointer {
    let bytes = encode(
      RayError(.objectReleased, "the object was released before it was read; keep its reference"))
    // Rare and final: a handle outlived its machine. The few bytes live on with the process.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(memory)
  }

  package func isReady(_ id: ObjectID) -> Bool {
    if id.owner == me { return objects.find(id.index).map { $0.pointee.place != .pending } ?? true }
    return borrowed[id].map { $0.place != .pending } ?? true
  }

  /// Whether an object is named twice. Marks the objects instead of hashing their names.
  package func hasDuplicates(_ ids: [ObjectID]) -> Bool {
    if Self.areAscending(ids) { return false }
    lookMark &+= 1
    for id in ids {
      if id.owner == me {
        guard let object = objects.find(id.index) else { continue }
        if object.pointee.lookMark == lookMark { return true }
        object.pointee.lookMark = lookMark
      } else if let object = borrowed[id] {
        if object.lookMark == lookMark { return true }
        object.lookMark = lookMark
      }
    }
    return false
  }

  /// As programs make them and wait for them: of one owner, one after the other.
  private static func areAscending(_ ids: [ObjectID]) -> Bool {
    guard var last = ids.first else { return true }
    for id in ids.dropFirst() {
      guard last.owner == id.owner, last.index < id.index else { return false }
      last = id
    }
    return true
  }

  // MARK: Counting

  package func retain(_ id: ObjectID) {
    if id.owner == me {
      objects.find(id.index)?.pointee.localCount += 1
    } else {
      borrowed[id]?.localCount += 1
    }
  }

  /// A local handle is gone.
  package func release(_ id: ObjectID) {
    if id.owner == me {
      guard let object = objects.find(id.index) else { return }
      object.pointee.localCount -= 1
      freeIfUnused(id.index, object)
    } else if let object = borrowed[id] {
      object.localCount -= 1
      dropIfUnused(object)
    }
  }

  func pin(_ id: ObjectID) {
    if id.owner == me {
      objects.find(id.index)?.pointee.pinCount += 1
    } else {
      borrowedObject(id).pinCount += 1
    }
  }

  func unpin(_ id: ObjectID) {
    pendingUnpins.append(id)
    guard !isUnpinning else { return }
    isUnpinning = true
    while let next = pendingUnpins.popLast() { unpinNow(next) }
    isUnpinning = false
  }

  private func unpinNow(_ id: ObjectID) {
    if id.owner == me {
      guard let object = objects.find(id.index) else { return }
      object.pointee.pinCount -= 1
      freeIfUnused(id.index, object)
    } else if let object = borrowed[id] {
      object.pinCount -= 1
      dropIfUnused(object)
    }
  }

  // MARK: Completing

  /// Gives a pending object its value or error and tells everybody who waits.
  func complete(_ index: UInt64, _ part: ResultPart, referencesArePinned: Bool = false) {
    guard let object = objects.find(index), object.pointee.place == .pending else {
      if referencesArePinned { for reference in part.references { unpin(reference) } }
      discard(part)
      return
    }
    setValue(object, part)
    if !part.references.isEmpty {
      if !referencesArePinned { for reference in part.references { pin(reference) } }
      object.pointee.contained = .passRetained(ContainedReferences(part.references))
    }
    object.pointee.task = 0
    if let waiters = object.pointee.waiters {
      object.pointee.waiters = nil
      // The object must not go away while the list is walked.
      object.pointee.pinCount += 1
      notify(waiters, ObjectID(owner: me, index: index))
      object.pointee.pinCount -= 1
    }
    freeIfUnused(index, object)
  }

  func fail(_ index: UInt64, _ error: [UInt8]) {
    error.withUnsafeBytes { complete(index, ResultPart(place: .failed, bytes: $0)) }
  }

  private func setValue(_ object: UnsafeMutablePointer<OwnedObject>, _ part: ResultPart) {
    object.pointee.place = part.place
    if let descriptor = part.descriptor {
      withUnsafeBytes(of: descriptor) { store($0, in: object) }
    } else {
      store(part.bytes, in: object)
    }
  }

  private func store(_ bytes: UnsafeRawBufferPointer, in object: UnsafeMutablePointer<OwnedObject>) {
    object.pointee.byteCount = bytes.count
    guard bytes.count > 0 else { return }
    let target: UnsafeMutableRawPointer
    if bytes.count <= OwnedObject.smallByteCount {
      target = UnsafeMutableRawPointer(object) + MemoryLayout<OwnedObject>.offset(of: \.small)!
    } else {
      target = .allocate(byteCount: bytes.count, alignment: 64)
      object.pointee.heap = target
    }
    target.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
  }

  /// A value that arrived for an object nobody has any more.
  func discard(_ part: ResultPart) {
    if part.place == .stored, let descriptor = part.descriptor { freeStored(descriptor) }
  }

  // MARK: Freeing

  @inline(__always)
  func freeIfUnused(_ index: UInt64, _ object: UnsafeMutablePointer<OwnedObject>) {
    guard object.pointee.localCount <= 0, object.pointee.pinCount <= 0,
      object.pointee.borrowerCount <= 0,
      object.pointee.place != .pending
    else {
      if object.pointee.place == .pending { lastHandleOfPendingObjectGone(index, object) }
      return
    }
    free(index, object)
  }

  private func free(_ index: UInt64, _ object: UnsafeMutablePointer<OwnedObject>) {
    if object.pointee.place == .stored {
      freeStored(StoredDescriptor(reading: bytes(of: object).baseAddress!))
    }
    object.pointee.heap?.deallocate()
    let isActorLifetime = object.pointee.isActorLifetime
    let contained = object.pointee.contained
    dropWaiters(object.pointee.waiters)
    objects.giveBack(index)
    if isActorLifetime { actorLifetimeEnded(index) }
    // Elements of a stream that ended and was not read to its end.
    if !streams.isEmpty { abandonStream(index) }
    if let contained {
      for reference in contained.takeRetainedValue().ids { unpin(reference) }
    }
  }

  func freeStored(_ descriptor: StoredDescriptor) {
    let creator = WorkerID(descriptor.creator)
    if creator == me {
      store.free(descriptor)
    } else if let peer = peers[creator], !peer.isClosed {
      withUnsafeBytes(of: descriptor) { peer.outbox.frame(.freeStored, body: $0) }
      touch(peer)
    } else {
      node.freeStored(descriptor)
    }
  }

  /// Nothing waits for a stream's unread elements any more; other pending objects run to their end.
  private func lastHandleOfPendingObjectGone(
    _ index: UInt64, _ object: UnsafeMutablePointer<OwnedObject>
  ) {
    guard object.pointee.localCount <= 0, object.pointee.pinCount <= 0,
      object.pointee.borrowerCount <= 0
    else { return }
    if streams[index] != nil { abandonStream(index) }
  }
}
