internal import CRayShims

extension StoreClient {
  /// Reserves space for an object of `byteCount` bytes.
  ///
  /// When the store is full it waits up to `timeout` for anybody to free something, asking clients for their empty chunks.
  package func allocate(
    byteCount: Int, id objectID: StoreObjectID, timeout: Duration = .zero
  ) throws(StoreError) -> StoreReservation {
    let reservation = try reserve(byteCount: byteCount, id: objectID, timeout: timeout)
    do throws(StoreError) {
      try warm(reservation)
    } catch {
      discard(reservation)
      throw error
    }
    return reservation
  }

  /// Publishes an object. `byteCount` may be less than reserved; the rest of the space is free again.
  package func seal(_ reservation: StoreReservation, byteCount: Int? = nil) -> StoreDescriptor {
    var descriptor = reservation.descriptor
    let entry = mapping.entry(id.slot, Int(descriptor.index))
    if let byteCount, byteCount != Int(descriptor.byteCount) {
      precondition(byteCount >= 0 && byteCount < Int(descriptor.byteCount), "\(byteCount) bytes in \(descriptor)")
      shrink(descriptor, to: byteCount)
      entry.setByteCount(byteCount)
      descriptor.byteCount = UInt64(byteCount)
    }
    let writing = JournalEntry.Word(.writing, sequence: descriptor.sequence)
    // The exchange releases: whoever sees "sealed" sees the bytes.
    precondition(entry.exchange(writing, for: writing.with(.sealed)), "\(descriptor) is sealed or discarded twice")
    return descriptor
  }

  /// Gives a reservation up.
  package func discard(_ reservation: StoreReservation) {
    let descriptor = reservation.descriptor
    let entry = mapping.entry(id.slot, Int(descriptor.index))
    let writing = JournalEntry.Word(.writing, sequence: descriptor.sequence)
    precondition(entry.exchange(writing, for: writing.with(.free)), "\(descriptor) is sealed or discarded twice")
    // After leaving, the space is the node's to collect.
    state.withLock { if !$0.isDetached { release(descriptor.index, &$0) } }
    mapping.announceFree()
  }

  /// Frees an object that this client created; its bytes stay until the last pin is gone.
  package func free(_ descriptor: StoreDescriptor) throws(StoreError) {
    guard descriptor.slot == id.slot, descriptor.generation == id.generation else { throw .notOwner(descriptor) }
    try state.withLock { (state) throws(StoreError) in
      if state.isDetached { throw .detached }
      let index = Int(descriptor.index)
      guard index < state.objects.count, state.objects[index].isLive, state.objects[index].sequence == descriptor.sequence
      else { throw .objectGone(descriptor) }
      if try retire(descriptor) {
        release(descriptor.index, &state)
      } else {
        state.doomed.append(descriptor.index)
      }
    }
    mapping.announceFree()
  }

  /// Gives back every chunk in which nothing lies.
  package func releaseUnused() {
    state.withLock {
      if $0.isDetached { return }
      releaseUnpinned(&$0)
      releaseEmptyChunks(&$0)
    }
  }

  /// Makes a sealed entry free, or doomed when somebody pins it; true when free.
  private func retire(_ descriptor: StoreDescriptor) throws(StoreError) -> Bool {
    let entry = mapping.entry(id.slot, Int(descriptor.index))
    while true {
      let word = entry.word
      guard word.sequence == descriptor.sequence, word.state == .sealed else { throw .objectGone(descriptor) }
      let isPinned = word.pinCount > 0
      if entry.exchange(word, for: word.with(isPinned ? .doomed : .free)) { return !isPinned }
    }
  }

  // MARK: Reserving

  func reserve(byteCount: Int, id objectID: StoreObjectID, timeout: Duration) throws(StoreError) -> StoreReservation {
    precondition(byteCount >= 0, "an object of \(byteCount) bytes")
    let capacity = mapping.layout.capacity
    guard byteCount <= capacity else { throw .tooLarge(requested: byteCount, capacity: capacity) }
    if let reservation = try tryReserve(byteCount, objectID) { return reservation }
    guard timeout > .zero else { throw mapping.fullError(byteCount) }
    return try reserveWaiting(byteCount, objectID, timeout)
  }

  private func reserveWaiting(
    _ byteCount: Int, _ objectID: StoreObjectID, _ timeout: Duration
  ) throws(StoreError) -> StoreReservation {
    let slice: UInt64 = 100_000_000
    let deadline = cray_shm_monotonic_ns() &+ timeout.clampedNanoseconds
    while true {
      let now = cray_shm_monotonic_ns()
      // Raised before the attempt: a free that the attempt missed sees the pressure and bumps the counter.
      mapping.raisePressure(until: now + 2 * slice)
      let seen = mapping.freeCounter.load()
      if let reservation = try tryReserve(byteCount, objectID) { return reservation }
      guard now < deadline else { throw mapping.fullError(byteCount) }
      mapping.freeCounter.wait(while: seen, atMost: Int64(min(deadline - now, slice)))
    }
  }

  /// One attempt, nil when there is no space.
  private func tryReserve(_ byteCount: Int, _ objectID: StoreObjectID) throws(StoreError) -> StoreReservation? {
    try state.withLock { (state) throws(StoreError) -> StoreReservation? in
      if state.isDetached { throw .detached }
      if mapping.client(id.slot).releasable.loadRelaxed() != state.seenReleasable { releaseUnpinned(&state) }
      let index = try takeIndex(&state)
      guard let offset = takeSpace(byteCount, index, &state) else {
        state.freeIndices.append(index)
        return nil
      }
      state.objects[Int(index)].sequence &+= 1
      state.objects[Int(index)].isLive = true
      let sequence = state.objects[Int(index)].sequence
      mapping.entry(id.slot, Int(index)).begin(offset: offset, byteCount: byteCount, id: objectID, sequence: sequence)
      let descriptor = StoreDescriptor(
        slot: UInt16(id.slot), generation: id.generation, index: index, sequence: sequence, offset: UInt64(offset),
        byteCount: UInt64(byteCount))
      return StoreReservation(descriptor: descriptor, start: mapping.data + offset)
    }
  }

  private func takeIndex(_ state: inout State) throws(StoreError) -> UInt32 {
    if let index = state.freeIndices.popLast() { return index }
    let index = state.objects.count
    guard index < mapping.layout.journalCount else { throw .tableFull("live objects of one client", limit: index) }
    let step = 1024
    if index % step == 0 {
      let count = min(step, mapping.layout.journalCount - index)
      try mapping.populate(offset: mapping.layout.entryOffset(id.slot, index), byteCount: count * StoreLayout.entryStride)
      // A predecessor's entries are still there: free, but with its sequences. The mark goes up only over cleared ones.
      for entry in index..<index + count { mapping.entry(id.slot, entry).clear(sequence: 0) }
      mapping.client(id.slot).journalHighWater.store(UInt32(index + count))
    }
    state.objects.append(LocalObject())
    return UInt32(index)
  }

  // MARK: Space

  /// Finds space for the object `index`, as a piece of a chunk or as a run of blocks.
  private func takeSpace(_ byteCount: Int, _ index: UInt32, _ state: inout State) -> Int? {
    if wantsOwnRun(byteCount) {
      if let offset = takeRun(byteCount, index, &state) { return offset }
      // Own empty chunks may be the space that is missing.
      if releaseEmptyChunks(&state), let offset = takeRun(byteCount, index, &state) { return offset }
    } else {
      if let offset = takePiece(byteCount, index, &state) { return offset }
      if addChunk(for: byteCount, &state), let offset = takePiece(byteCount, index, &state) { return offset }
      if releaseEmptyChunks(&state), addChunk(for: byteCount, &state) { return takePiece(byteCount, index, &state) }
      return nil
    }
    return takePiece(byteCount, index, &state)
  }

  /// Large objects, and smaller ones that fill whole blocks almost exactly.
  private func wantsOwnRun(_ byteCount: Int) -> Bool {
    if byteCount >= configuration.ownRunByteCount { return true }
    let size = StoreLayout.blockSize
    guard byteCount >= size - size / 16 else { return false }
    return StoreLayout.blocks(for: byteCount) * size - byteCount <= byteCount / 16
  }

  @inline(__always)
  private func takePiece(_ byteCount: Int, _ index: UInt32, _ state: inout State) -> Int? {
    guard let piece = state.allocator.allocate(byteCount: byteCount) else { return nil }
    state.objects[Int(index)].node = piece.node
    return piece.offset
  }

  private func takeRun(_ byteCount: Int, _ index: UInt32, _ state: inout State) -> Int? {
    let count = StoreLayout.blocks(for: byteCount)
    guard let run = mapping.leaseRun(of: count, owner: id.owner, near: state.lastReleasedBlock) else { return nil }
    mapping.noteLease(run)
    state.objects[Int(index)].node = -1
    state.objects[Int(index)].firstBlock = Int32(run.lowerBound)
    state.objects[Int(index)].blockCount = Int32(run.count)
    return run.lowerBound * StoreLayout.blockSize
  }

  private func addChunk(for byteCount: Int, _ state: inout State) -> Bool {
    let needed = max(1, StoreLayout.blocks(for: byteCount))
    var count = max(needed, StoreLayout.blocks(for: configuration.chunkByteCount))
    while true {
      if let run = mapping.leaseRun(of: count, owner: id.owner) {
        mapping.noteLease(run)
        let size = StoreLayout.blockSize
        let region = state.allocator.addRegion(offset: run.lowerBound * size, byteCount: run.count * size)
        state.chunks.append(Chunk(region: region, blocks: run))
        return true
      }
      if count == needed { return false }
      // A store that is nearly full or cut up still has shorter runs.
      count = max(needed, count / 2)
    }
  }

  // MARK: Releasing

  /// Returns an object's space and journal index; its entry is already free.
  private func release(_ index: UInt32, _ state: inout State) {
    let object = state.objects[Int(index)]
    state.objects[Int(index)].isLive = false
    state.freeIndices.append(index)
    guard object.node >= 0 else {
      let first = Int(object.firstBlock)
      state.lastReleasedBlock = first
      mapping.release(first..<first + Int(object.blockCount), id.owner)
      return
    }
    state.allocator.free(object.node)
    let kept = mapping.isUnderPressure ? 0 : configuration.emptyChunkCountMax
    if state.allocator.emptyRegionCount > kept { releaseEmptyChunks(&state) }
  }

  /// Releases freed objects whose last pin is gone.
  func releaseUnpinned(_ state: inout State) {
    state.seenReleasable = mapping.client(id.slot).releasable.load()
    guard !state.doomed.isEmpty else { return }
    var stillPinned: [UInt32] = []
    for index in state.doomed {
      let entry = mapping.entry(id.slot, Int(index))
      let word = entry.word
      // Doomed without pins is final: nobody can pin it again.
      if word.state == .doomed && word.pinCount > 0 {
        stillPinned.append(index)
      } else {
        entry.clear(sequence: state.objects[Int(index)].sequence)
        release(index, &state)
      }
    }
    state.doomed = stillPinned
  }

  /// True when a chunk was given back.
  @discardableResult
  func releaseEmptyChunks(_ state: inout State) -> Bool {
    guard state.allocator.emptyRegionCount > 0 else { return false }
    var kept: [Chunk] = []
    for chunk in state.chunks {
      guard state.allocator.isEmpty(region: chunk.region) else {
        kept.append(chunk)
        continue
      }
      state.allocator.removeRegion(chunk.region)
      mapping.release(chunk.blocks, id.owner)
    }
    state.chunks = kept
    return true
  }

  private func shrink(_ descriptor: StoreDescriptor, to byteCount: Int) {
    state.withLock { state in
      let object = state.objects[Int(descriptor.index)]
      precondition(object.isLive && object.sequence == descriptor.sequence, "\(descriptor) is discarded")
      guard object.node < 0 else { return state.allocator.shrink(object.node, to: byteCount) }
      let needed = max(1, StoreLayout.blocks(for: byteCount))
      guard needed < Int(object.blockCount) else { return }
      let first = Int(object.firstBlock)
      state.objects[Int(descriptor.index)].blockCount = Int32(needed)
      mapping.release(first + needed..<first + Int(object.blockCount), id.owner)
    }
  }
}

extension Duration {
  /// Nanoseconds, at most about 146 years so that sums with a clock do not overflow.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 1 << 32 else { return UInt64(Int64.max) / 2 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
