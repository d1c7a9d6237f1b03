internal import CRayShims

/// What the node holds for the dead.
struct Inheritance: ~Copyable {
  struct Estate {
    var id: StoreClientID
    /// Live objects by journal index; those freed while pinned stay here until their last pin is gone.
    var objects: [Int: Extent] = [:]
    var doomed: Set<Int> = []
    /// Objects in each block that is still held.
    var objectCounts: [Int: Int] = [:]
  }

  struct Extent {
    var sequence: UInt32
    var blocks: Range<Int>
  }

  struct Entry: Hashable {
    var slot: Int
    var index: Int
  }

  var estates: [Int: Estate] = [:]
  /// Entries whose pin count could not be settled yet.
  var unsettled: Set<Entry> = []
}

/// The node's work for dead clients; apart from ``StoreSegment`` so that its thread does not keep the segment alive.
final class StoreHeir: Sendable {
  typealias AdoptedObject = StoreSegment.AdoptedObject

  private let mapping: StoreMapping
  private let inheritance = Guarded(Inheritance())

  init(mapping: StoreMapping) { self.mapping = mapping }

  /// Takes over from a dead client and returns the objects that it had sealed.
  ///
  /// 1. its pins are removed  2. half-written objects are dropped  3. sealed ones stay where they are  4. blocks in which
  /// nothing is left are free. The slot is used again once the last object is gone. Adopting twice returns nothing.
  func adoptClient(_ slot: Int) -> [AdoptedObject] {
    precondition(slot > 0 && slot < mapping.layout.clientCount, "no client slot \(slot)")
    return inheritance.withLock { inheritance in
      let record = mapping.client(slot)
      let word = record.word
      guard word.state == .live else { return [] }
      let adopted = ClientRecord.Word(.adopted, generation: word.generation, identity: word.identity)
      guard record.exchange(word, for: adopted) else { return [] }
      removePins(of: slot, &inheritance)
      settle(&inheritance)
      var estate = Inheritance.Estate(id: StoreClientID(slot: slot, generation: word.generation))
      let objects = inherit(&estate)
      releaseEmptyBlocks(of: estate)
      finish(estate, &inheritance)
      return objects
    }
  }

  /// Frees an object of a dead client; its bytes stay until the last pin is gone.
  func free(_ descriptor: StoreDescriptor) throws(StoreError) {
    try inheritance.withLock { (inheritance) throws(StoreError) in
      let slot = Int(descriptor.slot)
      guard var estate = inheritance.estates[slot], estate.id.generation == descriptor.generation else {
        throw .notOwner(descriptor)
      }
      let index = Int(descriptor.index)
      guard let object = estate.objects[index], object.sequence == descriptor.sequence, !estate.doomed.contains(index) else {
        throw .objectGone(descriptor)
      }
      if retire(slot, index) { release(index, &estate) } else { estate.doomed.insert(index) }
      finish(estate, &inheritance)
    }
  }

  /// Releases what readers have let go of since; the warmer's thread calls it when a reader says so.
  func collect() {
    inheritance.withLock { inheritance in
      settle(&inheritance)
      for var estate in inheritance.estates.values where !estate.doomed.isEmpty {
        for index in estate.doomed where mapping.entry(estate.id.slot, index).word.pinCount == 0 { release(index, &estate) }
        finish(estate, &inheritance)
      }
    }
  }

  // MARK: Objects

  private func inherit(_ estate: inout Inheritance.Estate) -> [AdoptedObject] {
    var objects: [AdoptedObject] = []
    let slot = estate.id.slot
    for index in 0..<mapping.entryCount(slot) {
      let entry = mapping.entry(slot, index)
      let word = entry.word
      if word.state == .free { continue }
      let extent = extent(of: entry, word, estate.id)
      let isKept = word.state == .sealed || (word.state == .doomed && word.pinCount > 0)
      guard isKept, let extent else {
        entry.clear(sequence: word.sequence)
        continue
      }
      estate.objects[index] = extent
      for block in extent.blocks { estate.objectCounts[block, default: 0] += 1 }
      guard word.state == .sealed else {
        estate.doomed.insert(index)
        continue
      }
      let descriptor = StoreDescriptor(
        slot: UInt16(slot), generation: estate.id.generation, index: UInt32(index), sequence: word.sequence,
        offset: entry.offset, byteCount: entry.byteCount)
      objects.append(AdoptedObject(descriptor: descriptor, id: entry.id))
    }
    return objects
  }

  /// Where an object lies, or nil when its entry claims space that its creator never leased.
  private func extent(
    of entry: JournalEntry, _ word: JournalEntry.Word, _ id: StoreClientID
  ) -> Inheritance.Extent? {
    let capacity = UInt64(mapping.layout.capacity)
    let offset = entry.offset
    let byteCount = entry.byteCount
    guard offset < capacity, byteCount <= capacity - offset else { return nil }
    let blocks = StoreMapping.blocks(offset: Int(offset), byteCount: Int(byteCount))
    guard blocks.allSatisfy({ mapping.owner($0).load() == id.owner }) else { return nil }
    return Inheritance.Extent(sequence: word.sequence, blocks: blocks)
  }

  /// True when the entry is free, false when it is doomed because somebody pins it.
  private func retire(_ slot: Int, _ index: Int) -> Bool {
    let entry = mapping.entry(slot, index)
    while true {
      let word = entry.word
      let isPinned = word.pinCount > 0
      if entry.exchange(word, for: word.with(isPinned ? .doomed : .free)) { return !isPinned }
    }
  }

  private func release(_ index: Int, _ estate: inout Inheritance.Estate) {
    guard let object = estate.objects.removeValue(forKey: index) else { return }
    estate.doomed.remove(index)
    mapping.entry(estate.id.slot, index).clear(sequence: object.sequence)
    for block in object.blocks {
      let left = (estate.objectCounts[block] ?? 1) - 1
      estate.objectCounts[block] = left == 0 ? nil : left
      if left == 0 { mapping.release(block..<block + 1, estate.id.owner) }
    }
  }

  private func releaseEmptyBlocks(of estate: Inheritance.Estate) {
    for block in 0..<mapping.layout.blockCount
    where mapping.owner(block).load() == estate.id.owner && estate.objectCounts[block] == nil {
      _ = mapping.owner(block).exchange(estate.id.owner, for: 0)
    }
    mapping.announceFree()
  }

  /// Stores the estate, or makes the slot free when nothing is left of it.
  private func finish(_ estate: Inheritance.Estate, _ inheritance: inout Inheritance) {
    let slot = estate.id.slot
    // An entry whose pins are in doubt belongs to an object and so keeps its slot.
    guard estate.objects.isEmpty else {
      inheritance.estates[slot] = estate
      return
    }
    inheritance.estates[slot] = nil
    let record = mapping.client(slot)
    record.journalHighWater.store(0)
    record.pinHighWater.store(0)
    _ = record.exchange(record.word, for: .init(.free, generation: estate.id.generation, identity: 0))
  }

  // MARK: Pins

  private func removePins(of slot: Int, _ inheritance: inout Inheritance) {
    for number in 0..<mapping.pinRecordCount(slot) {
      let word = mapping.pinRecord(slot, number)
      let record = PinRecord(raw: word.load())
      word.store(0)
      guard record.slot < mapping.layout.clientCount, record.index < mapping.entryCount(record.slot) else { continue }
      switch record.phase {
      case .none: continue
      case .changing: inheritance.unsettled.insert(.init(slot: record.slot, index: record.index))
      case .held:
        if mapping.removePins(1, slot: record.slot, index: record.index) { mapping.announceReleasable(record.slot) }
      }
    }
  }

  /// Recounts entries whose pin count a death left in doubt; those that are being pinned right now are kept for later.
  private func settle(_ inheritance: inout Inheritance) {
    for entry in inheritance.unsettled where settlePins(of: entry) { inheritance.unsettled.remove(entry) }
  }

  private func settlePins(of target: Inheritance.Entry) -> Bool {
    let entry = mapping.entry(target.slot, target.index)
    for _ in 0..<1_000 {
      let before = entry.word
      // The word counts its changes: if it is the same afterwards, the records were looked at in one state.
      if let held = heldPins(of: target), entry.word == before {
        let excess = before.pinCount - held
        if excess <= 0 { return true }
        let after = before.unpinned(by: excess)
        if entry.exchange(before, for: after) {
          if after.state == .doomed && after.pinCount == 0 { mapping.announceReleasable(target.slot) }
          return true
        }
      }
      cray_shm_pause()
    }
    return false
  }

  /// Pins of an entry in the tables of all clients; nil while one of them is changing.
  private func heldPins(of target: Inheritance.Entry) -> Int? {
    let wanted = PinRecord(.none, slot: target.slot, index: target.index).target
    var held = 0
    for slot in 1..<mapping.layout.clientCount where mapping.client(slot).word.state != .free {
      for number in 0..<mapping.pinRecordCount(slot) {
        let record = PinRecord(raw: mapping.pinRecord(slot, number).load())
        guard record.phase != .none, record.target == wanted else { continue }
        guard record.phase == .held else { return nil }
        held += 1
      }
    }
    return held
  }
}
