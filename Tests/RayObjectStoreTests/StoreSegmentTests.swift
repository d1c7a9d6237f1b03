internal import CRayShims
internal import TestSupport
internal import Testing

@testable internal import RayObjectStore

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct StoreSegmentTests {
  let id = StoreObjectID(high: 1, low: 2)

  /// A client that is never told to leave stands for a process that died.
  @Test func theNodeInheritsSealedObjectsAndDropsTheRest() throws {
    let segment = try StoreSegment.make(blocks: 16)
    let dead = try StoreClient(mapping: segment.mapping, identity: 42)
    let reader = try StoreClient(mapping: segment.mapping, identity: 43)
    let small = try dead.putPattern(1, byteCount: 1_000)
    let large = try dead.putPattern(2, byteCount: 9 << 20)
    let freed = try dead.putPattern(3, byteCount: 2_000)
    _ = try dead.allocate(byteCount: 3 << 20, id: id)
    let pin = try reader.pin(freed)
    try dead.free(freed)

    #expect(segment.adoptClients(identity: 41).isEmpty)
    let inherited = segment.adoptClients(identity: 42)
    #expect(Set(inherited.map(\.descriptor)) == [small, large])
    #expect(inherited.first { $0.descriptor == small }?.id == StoreObjectID(high: 7, low: 1))
    #expect(segment.adoptClients(identity: 42).isEmpty, "adopting twice does nothing")
    // One block for the two small ones, five for the large one: the rest of the chunk and the half-written object are gone.
    #expect(segment.statistics().leasedBlockCount == 6 && segment.statistics().writingCount == 0)
    #expect(try reader.holdsPattern(1, small) && reader.holdsPattern(2, large) && reader.holdsPattern(3, freed))

    try segment.free(large)
    #expect(segment.statistics().leasedBlockCount == 1)
    #expect(throws: StoreError.objectGone(large)) { try segment.free(large) }
    let otherPin = try reader.pin(small)
    try segment.free(small)
    #expect(throws: StoreError.objectGone(small)) { try segment.free(small) }
    reader.unpin(pin)
    reader.unpin(otherPin)
    segment.collect()
    reader.detach()
    #expect(segment.isEmpty)
    let heir = try StoreClient(mapping: segment.mapping, identity: 44)
    #expect(heir.id.slot == dead.id.slot && heir.id.generation != dead.id.generation)
  }

  @Test func pinsOfADeadClientAreRemoved() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let creator = try StoreClient(mapping: segment.mapping, identity: 1)
    let dead = try StoreClient(mapping: segment.mapping, identity: 2)
    let descriptor = try creator.putPattern(1, byteCount: 16 << 20)
    for _ in 0..<3 { _ = try dead.pin(descriptor) }
    try creator.free(descriptor)
    #expect(throws: StoreError.self) { try creator.putPattern(2, byteCount: 16 << 20) }
    #expect(segment.adoptClient(dead.id.slot).isEmpty)
    try creator.free(creator.putPattern(2, byteCount: 16 << 20))
    creator.detach()
    #expect(segment.isEmpty)
  }

  /// A client may die between the two writes of a pin or an unpin; the count is right either way.
  @Test(arguments: [true, false]) func aPinInDoubtIsRecounted(wasCounted: Bool) throws {
    let segment = try StoreSegment.make(blocks: 8)
    let creator = try StoreClient(mapping: segment.mapping, identity: 1)
    let dead = try StoreClient(mapping: segment.mapping, identity: 2)
    let descriptor = try creator.putPattern(1, byteCount: 100)
    let held = try creator.pin(descriptor)
    let doubtful = try dead.pin(descriptor)
    let slot = Int(descriptor.slot)
    let index = Int(descriptor.index)
    segment.mapping.pinRecord(dead.id.slot, doubtful.record).store(PinRecord(.changing, slot: slot, index: index).raw)
    if !wasCounted { _ = segment.mapping.removePins(1, slot: slot, index: index) }
    _ = segment.adoptClient(dead.id.slot)
    #expect(segment.mapping.entry(slot, index).word.pinCount == 1)
    creator.unpin(held)
    try creator.free(descriptor)
    creator.detach()
    #expect(segment.isEmpty)
  }

  @Test func aPinThatIsChangingDuringTheRecountIsSettledLater() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let creator = try StoreClient(mapping: segment.mapping, identity: 1)
    let dead = try StoreClient(mapping: segment.mapping, identity: 2)
    let busy = try StoreClient(mapping: segment.mapping, identity: 3)
    let descriptor = try creator.putPattern(1, byteCount: 100)
    let (slot, index) = (Int(descriptor.slot), Int(descriptor.index))
    let changing = PinRecord(.changing, slot: slot, index: index).raw
    let doubtful = try dead.pin(descriptor)
    segment.mapping.pinRecord(dead.id.slot, doubtful.record).store(changing)
    let other = try busy.pin(descriptor)
    let record = segment.mapping.pinRecord(busy.id.slot, other.record)
    let held = record.load()
    record.store(changing)
    _ = segment.adoptClient(dead.id.slot)
    #expect(segment.mapping.entry(slot, index).word.pinCount == 2)
    record.store(held)
    segment.collect()
    #expect(segment.mapping.entry(slot, index).word.pinCount == 1)
    busy.unpin(other)
    #expect(segment.mapping.entry(slot, index).word.pinCount == 0)
  }

  @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
  func damagedTablesOfADeadClientHarmNobodyElse(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<30 {
      let segment = try StoreSegment.make(blocks: 8)
      let healthy = try StoreClient(mapping: segment.mapping, identity: 1)
      let dead = try StoreClient(mapping: segment.mapping, identity: 2)
      let kept = try healthy.putPattern(1, byteCount: 5_000)
      for name in UInt64(0)..<5 { _ = try dead.pin(dead.putPattern(name, byteCount: 3_000)) }
      let mapping = segment.mapping
      for index in 0..<1_024 {
        guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
        let entry = mapping.entry(dead.id.slot, index).base
        entry.storeBytes(of: generator.next(), as: UInt64.self)
        entry.storeBytes(of: generator.next() >> UInt64.random(in: 0..<64, using: &generator), toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: generator.next() >> UInt64.random(in: 0..<64, using: &generator), toByteOffset: 16, as: UInt64.self)
        if index < 512 { mapping.pinRecord(dead.id.slot, index).store(generator.next()) }
      }
      mapping.client(dead.id.slot).journalHighWater.store(UInt32(truncatingIfNeeded: generator.next()))
      for object in segment.adoptClient(dead.id.slot) { try segment.free(object.descriptor) }
      _ = segment.statistics()
      #expect(try healthy.holdsPattern(1, kept), "seed \(seed)")
    }
  }

  @Test func theWarmerKeepsFreeBlocksReady() throws {
    let segment = try StoreSegment.make(blocks: 16)
    try segment.startWarmer(aheadByteCount: 4 * StoreLayout.blockSize)
    while segment.statistics().warmBlockCount < 1 { cray_shm_pause() }
    // Nothing was stored yet: one block is enough.
    #expect(segment.statistics().warmBlockCount == 1)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    // Takes it and more, so the next four are warmed.
    let object = try client.putPattern(1, byteCount: 8 << 20)
    while segment.statistics().warmBlockCount < 8 { cray_shm_pause() }
    try client.free(object)
    segment.stopWarmer()
    segment.stopWarmer()
    client.detach()
    #expect(segment.isEmpty)
  }

  @Test func theWarmersThreadCollectsForDeadClients() throws {
    let segment = try StoreSegment.make(blocks: 8)
    try segment.startWarmer(aheadByteCount: StoreLayout.blockSize)
    let dead = try StoreClient(mapping: segment.mapping, identity: 1)
    let reader = try StoreClient(mapping: segment.mapping, identity: 2)
    let descriptor = try dead.putPattern(1, byteCount: 9 << 20)
    let pin = try reader.pin(descriptor)
    #expect(segment.adoptClient(dead.id.slot).map(\.descriptor) == [descriptor])
    try segment.free(descriptor)
    reader.unpin(pin)
    while segment.statistics().leasedBlockCount > 0 { cray_shm_pause() }
    reader.detach()
    #expect(segment.isEmpty)
  }

  @Test func memoryOfFreeBlocksCanBeReturned() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    let kept = try client.putPattern(1, byteCount: 1_000)
    try client.free(client.putPattern(2, byteCount: 8 << 20))
    #expect(segment.statistics().warmBlockCount == 5)
    #expect(segment.releaseMemory(byteCountMax: 3 << 20) == 2 << 20)
    #expect(segment.releaseMemory(byteCountMax: .max) == 6 << 20)
    #expect(segment.statistics().warmBlockCount == 1)
    #expect(try client.holdsPattern(1, kept))
    let again = try client.putPattern(3, byteCount: 8 << 20)
    #expect(try client.holdsPattern(3, again))
  }

  @Test(arguments: [1, 4]) func concurrentLargeCopiesAreWhole(threadCount: Int) throws {
    let segment = try StoreSegment.make(blocks: 64)
    var configuration = StoreClient.Configuration()
    configuration.usesCopyHelper = true
    let client = try StoreClient(mapping: segment.mapping, identity: 1, configuration: configuration)
    let threads = (0..<threadCount).map { number in
      TestThread {
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: (5 << 20) + 77, alignment: 1)
        defer { source.deallocate() }
        for round in 0..<20 {
          let seed = UInt64(number * 1_000 + round)
          Pattern.fill(source, seed: seed)
          do {
            let descriptor = try client.put(UnsafeRawBufferPointer(source), id: StoreObjectID(high: 0, low: seed))
            #expect(try client.holdsPattern(seed, descriptor))
            try client.free(descriptor)
          } catch {
            Issue.record(error)
          }
        }
      }
    }
    for thread in threads { thread.join() }
    client.detach()
    #expect(segment.isEmpty)
  }
}

@Suite struct StoreCapacityTests {
  @Test func thirtyPercentOfWhatThereIs() {
    let block = StoreLayout.blockSize
    #expect(StoreCapacity(physical: 1_000 * block, limit: nil).byteCount(requested: nil) == 300 * block)
    #expect(StoreCapacity(physical: 1_000 * block, limit: 100 * block).byteCount(requested: nil) == 30 * block)
    #expect(StoreCapacity(physical: 1_000 * block, limit: nil).byteCount(requested: 7 * block + 5) == 7 * block)
    #expect(StoreCapacity(physical: 1_000 * block, limit: 100 * block).byteCount(requested: 500 * block) == 100 * block)
    #expect(StoreCapacity(physical: 0, limit: nil).byteCount(requested: nil) == block)
    #expect(StoreCapacity.current().physical > 0)
  }

  @Test(
    arguments: [
      (
        [
          "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
          "/sys/fs/cgroup/a/memory.max": "4096\n",
        ], 4096
      ),
      (["/proc/self/cgroup": "0::/host/path\n", "/sys/fs/cgroup/memory.max": "8192\n"], 8192),
      (
        [
          "/proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n",
          "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "123456\n",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ], 123_456
      ),
      (["/proc/self/cgroup": "garbage\n::\n0::/\n", "/sys/fs/cgroup/memory.max": "x"], nil),
      ([:], nil),
    ] as [([String: String], Int?)])
  func theTightestControlGroupCounts(files: [String: String], limit: Int?) {
    #expect(StoreCapacity.controlGroupLimit { files[$0] } == limit)
  }
}
