extension StoreClient {
  /// The bytes of a sealed object, in place.
  ///
  /// They stay valid while the object is pinned or known not to be freed; `read` itself holds nothing.
  package func read(_ descriptor: StoreDescriptor) throws(StoreError) -> UnsafeRawBufferPointer {
    let entry = try mapping.validate(descriptor)
    let word = entry.word
    // A doomed object may be read by those who pinned it before.
    guard mapping.matches(entry, word, descriptor), word.state == .sealed || (word.state == .doomed && word.pinCount > 0)
    else { throw .objectGone(descriptor) }
    return mapping.bytes(of: descriptor)
  }

  /// What the creator named the object.
  package func objectID(of descriptor: StoreDescriptor) throws(StoreError) -> StoreObjectID {
    _ = try read(descriptor)
    return mapping.entry(Int(descriptor.slot), Int(descriptor.index)).id
  }

  /// Keeps the object's bytes in place until ``unpin(_:)``, whatever its creator does; refused when it is no longer sealed.
  package func pin(_ descriptor: StoreDescriptor) throws(StoreError) -> StorePin {
    let entry = try mapping.validate(descriptor)
    return try pins.withLock { (pins) throws(StoreError) -> StorePin in
      let number = try takeRecord(&pins)
      let record = mapping.pinRecord(id.slot, number)
      let slot = Int(descriptor.slot)
      let index = Int(descriptor.index)
      record.storeRelease(PinRecord(.changing, slot: slot, index: index).raw)
      do throws(StoreError) {
        try addPin(to: entry, descriptor)
      } catch {
        record.storeRelease(0)
        pins.freeRecords.append(number)
        throw error
      }
      record.storeRelease(PinRecord(.held, slot: slot, index: index).raw)
      pins.heldCount += 1
      return StorePin(descriptor: descriptor, record: number)
    }
  }

  /// Ends a pin, exactly once.
  package func unpin(_ pin: StorePin) {
    let slot = Int(pin.descriptor.slot)
    let index = Int(pin.descriptor.index)
    let isLast = pins.withLock { pins -> Bool in
      let record = mapping.pinRecord(id.slot, pin.record)
      precondition(record.loadRelaxed() == PinRecord(.held, slot: slot, index: index).raw, "\(pin.descriptor) is unpinned twice")
      record.storeRelease(PinRecord(.changing, slot: slot, index: index).raw)
      let isLast = mapping.removePins(1, slot: slot, index: index)
      record.storeRelease(0)
      pins.freeRecords.append(pin.record)
      pins.heldCount -= 1
      return isLast
    }
    guard isLast else { return }
    mapping.announceReleasable(slot)
    // Own objects are released here and now; others' by their creators.
    if slot == id.slot && pin.descriptor.generation == id.generation {
      state.withLock { if !$0.isDetached { releaseUnpinned(&$0) } }
    }
  }

  private func addPin(to entry: JournalEntry, _ descriptor: StoreDescriptor) throws(StoreError) {
    while true {
      let word = entry.word
      guard word.state == .sealed, mapping.matches(entry, word, descriptor) else { throw .objectGone(descriptor) }
      guard word.pinCount < JournalEntry.Word.pinCountMax else {
        throw .tableFull("pins of one object", limit: JournalEntry.Word.pinCountMax)
      }
      if entry.exchange(word, for: word.pinned()) { return }
    }
  }

  private func takeRecord(_ pins: inout PinState) throws(StoreError) -> Int {
    if let record = pins.freeRecords.popLast() { return record }
    let record = pins.recordCount
    guard record < mapping.layout.pinCount else { throw .tableFull("pins of one client", limit: record) }
    let step = StoreLayout.pageSize / 8
    if record % step == 0 {
      let count = min(step, mapping.layout.pinCount - record)
      try mapping.populate(offset: mapping.layout.pinTableOffset(id.slot) + record * 8, byteCount: count * 8)
      for stale in record..<record + count { mapping.pinRecord(id.slot, stale).storeRelaxed(0) }
      mapping.client(id.slot).pinHighWater.store(UInt32(record + count))
    }
    pins.recordCount += 1
    return record
  }
}

extension StoreMapping {
  /// Takes pins from an entry; true when that was the last one of a doomed object.
  func removePins(_ count: Int, slot: Int, index: Int) -> Bool {
    let entry = entry(slot, index)
    while true {
      let word = entry.word
      // Damaged by somebody: taking what is not there would make it worse.
      guard word.pinCount >= count else { return false }
      let after = word.unpinned(by: count)
      if entry.exchange(word, for: after) { return after.state == .doomed && after.pinCount == 0 }
    }
  }

  /// Tells the creator of a doomed object, or the node when the creator is gone, that space can be released.
  func announceReleasable(_ slot: Int) {
    let record = client(slot)
    record.releasable.add(1)
    // The node marks a slot before it looks at its pins, so one of the two sees the other.
    if record.word.state == .adopted { callNode() }
    announceFree()
  }

  func fullError(_ byteCount: Int) -> StoreError {
    .full(requested: byteCount, capacity: layout.capacity, used: statistics().usedByteCount)
  }
}
