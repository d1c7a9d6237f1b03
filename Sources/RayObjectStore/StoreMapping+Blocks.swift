internal import CRayShims

/// The block table: who leases which 2 MiB, without locks and without the node.
///
/// A run is claimed block by block from its first to its last; whoever finds a block taken gives back what it claimed and
/// searches on. A client that dies anywhere in between leaves blocks that carry its name, and the node frees them.
extension StoreMapping {
  func owner(_ block: Int) -> SharedWord32 { SharedWord32(address: base + layout.ownersOffset + block * 4) }

  /// Leases `count` adjacent blocks: at `hint` when free (just released, still in the cache), else the lowest that fit, which
  /// keeps using memory that is already there.
  func leaseRun(of count: Int, owner: UInt32, near hint: Int? = nil) -> Range<Int>? {
    guard count > 0, count <= layout.blockCount else { return nil }
    if let hint, hint >= 0, hint + count <= layout.blockCount, claim(hint..<hint + count, owner) { return hint..<hint + count }
    // A search that met a rival may have missed a run that the rival gave back.
    for _ in 0..<16 {
      var metRival = false
      if let run = searchRun(of: count, owner: owner, metRival: &metRival) { return run }
      if !metRival { return nil }
      cray_shm_pause()
    }
    return nil
  }

  private func searchRun(of count: Int, owner: UInt32, metRival: inout Bool) -> Range<Int>? {
    let owners = base + layout.ownersOffset
    var length = 0
    for block in 0..<layout.blockCount {
      guard cray_shm_load_relaxed_u32(owners + block * 4) == 0 else {
        length = 0
        continue
      }
      length += 1
      guard length == count else { continue }
      let run = block + 1 - count..<block + 1
      if claim(run, owner) { return run }
      metRival = true
      length = 0
    }
    return nil
  }

  private func claim(_ run: Range<Int>, _ owner: UInt32) -> Bool {
    for block in run where !self.owner(block).exchange(0, for: owner) {
      // Somebody may have found the store full because of these blocks: tell them.
      if block > run.lowerBound { release(run.lowerBound..<block, owner) }
      return false
    }
    return true
  }

  /// Gives blocks back; blocks that are no longer `owner`'s stay as they are.
  func release(_ run: Range<Int>, _ owner: UInt32) {
    for block in run { _ = self.owner(block).exchange(owner, for: 0) }
    announceFree()
  }

  // MARK: Waiting for space

  /// Wakes everybody who waits for space. Costs one load when nobody does.
  @inline(__always)
  func announceFree() {
    if pressure.load() != 0 { wakeWaiters() }
  }

  private func wakeWaiters() {
    freeCounter.add(1)
    freeCounter.wakeAll()
    // Pressure is a deadline and no count, so that a waiter that dies cannot leave it on for ever.
    let until = pressure.load()
    if until != 0, cray_shm_monotonic_ns() > until { _ = pressure.exchange(until, for: 0) }
  }

  /// Whether somebody waits for space, so that empty chunks should go back at once.
  @inline(__always)
  var isUnderPressure: Bool { pressure.load() != 0 }

  /// Says that somebody waits for space until `deadline` on the monotonic clock.
  func raisePressure(until deadline: UInt64) {
    while true {
      let current = pressure.load()
      if current >= deadline || pressure.exchange(current, for: deadline) { return }
    }
  }

  // MARK: Memory behind blocks

  func isWarm(_ block: Int) -> Bool { cray_shm_load_u8(base + layout.warmthOffset + block) != 0 }

  func setWarm(_ block: Int, _ isWarm: Bool) { cray_shm_store_u8(base + layout.warmthOffset + block, isWarm ? 1 : 0) }

  /// Gives a block memory, huge pages if possible. Harmless when done twice at the same time: bytes stay as they are.
  func warm(_ block: Int) throws(StoreError) {
    if isWarm(block) { return }
    let offset = layout.dataOffset + block * StoreLayout.blockSize
    try Self.check(
      "allocating memory for the object store", cray_shm_warm(fileDescriptor, base + offset, StoreLayout.blockSize, offset))
    setWarm(block, true)
  }

  /// Blocks that bytes of the data area touch.
  @inline(__always)
  static func blocks(offset: Int, byteCount: Int) -> Range<Int> {
    let first = offset / StoreLayout.blockSize
    return first..<(byteCount == 0 ? first + 1 : (offset + byteCount - 1) / StoreLayout.blockSize + 1)
  }

  /// Asks the node's maintenance thread to look.
  func callNode() {
    nodeWork.add(1)
    if nodeSleeping.load() != 0 { nodeWork.wakeAll() }
  }

  /// Tells the warmer when a lease reached into its reserve.
  func noteLease(_ run: Range<Int>) {
    if run.upperBound > Int(wakeMark.load()) { callNode() }
  }
}
