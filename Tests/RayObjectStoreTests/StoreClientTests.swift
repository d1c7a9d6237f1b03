internal import CRayShims
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import RayObjectStore

@Suite(.serialized, .alone) struct StoreClientTests {
  let id = StoreObjectID(high: 1, low: 2)

  @Test(arguments: [0, 1, 63, 64, 65, 1_024, 100_000, 1 << 20, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 8 << 20, (20 << 20) + 1])
  func whatIsPutIsRead(byteCount: Int) throws {
    let segment = try StoreSegment.make(blocks: 32)
    let writer = try StoreClient(mapping: segment.mapping, identity: 1)
    // A mapping of its own, as another process has.
    let reader = try StoreClient(mapping: StoreMapping(fileDescriptor: segment.fileDescriptor), identity: 2)
    let source = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
    defer { source.deallocate() }
    Pattern.fill(source, seed: 5)
    let descriptor = try writer.put(UnsafeRawBufferPointer(source), id: id)
    #expect(descriptor.byteCount == UInt64(byteCount) && descriptor.offset % 64 == 0)
    #expect(try reader.holdsPattern(5, descriptor))
    #expect(try reader.objectID(of: descriptor) == id)
    #expect(segment.statistics().sealedCount == 1 && segment.statistics().usedByteCount == byteCount)
    try writer.free(descriptor)
    #expect(throws: StoreError.objectGone(descriptor)) { try reader.read(descriptor) }
    writer.detach()
    reader.detach()
    #expect(segment.isEmpty)
  }

  @Test func anObjectIsInvisibleUntilSealedAndAfterDiscard() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    let reservation = try client.allocate(byteCount: 100, id: id)
    #expect(throws: StoreError.objectGone(reservation.descriptor)) { try client.read(reservation.descriptor) }
    #expect(throws: StoreError.objectGone(reservation.descriptor)) { try client.pin(reservation.descriptor) }
    #expect(throws: StoreError.objectGone(reservation.descriptor)) { try client.free(reservation.descriptor) }
    client.discard(reservation)
    #expect(throws: StoreError.objectGone(reservation.descriptor)) { try client.read(reservation.descriptor) }
    client.detach()
    #expect(segment.isEmpty)
  }

  @Test(arguments: [(1_000, 10), (100_000, 1), (12 << 20, 3 << 20), (9 << 20, 0)])
  func sealingFewerBytesReturnsTheRest(reserved: Int, used: Int) throws {
    let segment = try StoreSegment.make(blocks: 8)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    let reservation = try client.allocate(byteCount: reserved, id: id)
    Pattern.fill(UnsafeMutableRawBufferPointer(rebasing: reservation.bytes[..<used]), seed: 3)
    let descriptor = client.seal(reservation, byteCount: used)
    #expect(try client.read(descriptor).count == used)
    #expect(try client.holdsPattern(3, descriptor))
    #expect(segment.statistics().usedByteCount == used)
    if reserved > 8 << 20 { #expect(segment.statistics().leasedBlockCount == max(1, StoreLayout.blocks(for: used))) }
    try client.free(descriptor)
    client.detach()
    #expect(segment.isEmpty)
  }

  @Test func aPinnedObjectOutlivesItsRelease() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let creator = try StoreClient(mapping: segment.mapping, identity: 1)
    let reader = try StoreClient(mapping: segment.mapping, identity: 2)
    let descriptor = try creator.putPattern(9, byteCount: 10 << 20)
    let pins = try [reader.pin(descriptor), creator.pin(descriptor), reader.pin(descriptor)]
    try creator.free(descriptor)
    #expect(segment.statistics().doomedCount == 1 && segment.statistics().pinCount == 3)
    #expect(try reader.holdsPattern(9, descriptor))
    #expect(throws: StoreError.objectGone(descriptor)) { try reader.pin(descriptor) }
    #expect(throws: StoreError.objectGone(descriptor)) { try creator.free(descriptor) }
    reader.unpin(pins[0])
    creator.unpin(pins[1])
    #expect(try reader.holdsPattern(9, descriptor))
    reader.unpin(pins[2])
    #expect(throws: StoreError.objectGone(descriptor)) { try reader.read(descriptor) }
    // The creator notices by itself the next time it needs space: all eight blocks.
    let next = try creator.allocate(byteCount: 16 << 20, id: id)
    creator.discard(next)
    creator.detach()
    reader.detach()
    #expect(segment.isEmpty)
  }

  @Test func aStaleDescriptorIsRecognisedAfterItsPlaceIsUsedAgain() throws {
    let segment = try StoreSegment.make(blocks: 8)
    var client = try StoreClient(mapping: segment.mapping, identity: 1)
    let first = try client.putPattern(1, byteCount: 500)
    try client.free(first)
    let second = try client.putPattern(2, byteCount: 500)
    #expect(first.offset == second.offset && first.index == second.index && first != second)
    #expect(throws: StoreError.objectGone(first)) { try client.read(first) }
    #expect(throws: StoreError.objectGone(first)) { try client.free(first) }
    try client.free(second)
    client.detach()
    client = try StoreClient(mapping: segment.mapping, identity: 2)
    let third = try client.putPattern(3, byteCount: 500)
    #expect(third.slot == first.slot && third.generation != first.generation)
    #expect(throws: StoreError.objectGone(first)) { try client.read(first) }
    #expect(throws: StoreError.notOwner(first)) { try client.free(first) }
    #expect(try client.holdsPattern(3, third))
  }

  @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
  func arbitraryDescriptorsAreRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let segment = try StoreSegment.make(blocks: 8)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    let good = try client.putPattern(1, byteCount: 500)
    for _ in 0..<20_000 {
      let bad = mutate(good, &generator)
      guard bad != good else { continue }
      #expect(throws: StoreError.self, "seed \(seed): \(bad)") { try client.read(bad) }
      #expect(throws: StoreError.self, "seed \(seed): \(bad)") { try client.pin(bad) }
      // Freeing goes by slot, generation, index and sequence alone; those say which object is meant.
      if bad.index != good.index || bad.sequence != good.sequence || bad.slot != good.slot || bad.generation != good.generation {
        #expect(throws: StoreError.self, "seed \(seed): \(bad)") { try client.free(bad) }
      }
    }
    #expect(try client.holdsPattern(1, good))
  }

  private func mutate(_ good: StoreDescriptor, _ generator: inout SeededGenerator) -> StoreDescriptor {
    var encoded = [UInt8](repeating: 0, count: StoreDescriptor.encodedByteCount)
    while true {
      encoded.withUnsafeMutableBytes { good.encode(into: $0) }
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let at = Int.random(in: 0..<encoded.count, using: &generator)
        encoded[at] = Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : encoded[at] &+ 1
      }
      if let bad = encoded.withUnsafeBytes({ StoreDescriptor(encoded: $0) }) { return bad }
    }
  }

  @Test func descriptorsTravelAs32Bytes() {
    let descriptor = StoreDescriptor(
      slot: 0x0102, generation: 0x0304_0506, index: 0x0708_090A, sequence: 0x0B0C_0D0E, offset: 0x1112_1314_1516_1718,
      byteCount: 0x2122_2324_2526_2728)
    var bytes = [UInt8](repeating: 0xFF, count: 32)
    bytes.withUnsafeMutableBytes { descriptor.encode(into: $0) }
    #expect(bytes[0..<8] == [2, 1, 0, 0, 6, 5, 4, 3] && bytes[24..<32] == [0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21])
    #expect(bytes.withUnsafeBytes { StoreDescriptor(encoded: $0) } == descriptor)
    #expect(bytes[..<31].withUnsafeBytes { StoreDescriptor(encoded: $0) } == nil)
    bytes[2] = 1
    #expect(bytes.withUnsafeBytes { StoreDescriptor(encoded: $0) } == nil)
  }

  @Test func tablesHaveBounds() throws {
    let segment = try StoreSegment.make(blocks: 8, clientCountMax: 2, objectCountMax: 3)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    #expect(throws: StoreError.tableFull("clients", limit: 1)) { try StoreClient(mapping: segment.mapping, identity: 2) }
    let objects = try (0..<3).map { try client.putPattern($0, byteCount: 10) }
    #expect(throws: StoreError.tableFull("live objects of one client", limit: 3)) { try client.putPattern(4, byteCount: 10) }
    let pins = try (0..<1024).map { _ in try client.pin(objects[0]) }
    #expect(throws: StoreError.tableFull("pins of one client", limit: 1024)) { try client.pin(objects[0]) }
    pins.forEach(client.unpin)
    try objects.forEach(client.free)
    client.detach()
    #expect(throws: StoreError.detached) { try client.putPattern(5, byteCount: 10) }
    #expect(segment.isEmpty)
  }

  @Test func misuseTraps() async {
    await #expect(processExitsWith: .failure) {
      let segment = try StoreSegment.make(blocks: 2)
      let client = try StoreClient(mapping: segment.mapping, identity: 1)
      let reservation = try client.allocate(byteCount: 10, id: StoreObjectID(high: 0, low: 0))
      _ = client.seal(reservation)
      _ = client.seal(reservation)
    }
    await #expect(processExitsWith: .failure) {
      let segment = try StoreSegment.make(blocks: 2)
      let client = try StoreClient(mapping: segment.mapping, identity: 1)
      let pin = try client.pin(client.putPattern(1, byteCount: 10))
      client.unpin(pin)
      client.unpin(pin)
    }
  }

  @Test func onlySealedSegmentsOfThisLayoutAreMapped() throws {
    let segment = try StoreSegment.make(blocks: 2)
    #expect(throws: StoreError.self) { try StoreMapping(fileDescriptor: -1) }
    #expect(throws: StoreError.self) { try StoreMapping(fileDescriptor: 0) }
    var blank: Int32 = -1
    try #require(cray_shm_create(1 << 20, &blank) == 0)
    defer { cray_shm_close(blank) }
    #expect(throws: StoreError.corrupted("not an object store segment")) { try StoreMapping(fileDescriptor: blank) }
    segment.mapping.base.storeBytes(of: 99, toByteOffset: StoreLayout.Header.version, as: UInt32.self)
    #expect(throws: StoreError.corrupted("layout version 99, expected 1")) {
      try StoreMapping(fileDescriptor: segment.fileDescriptor)
    }
    segment.mapping.base.storeBytes(of: 1, toByteOffset: StoreLayout.Header.version, as: UInt32.self)
    segment.mapping.base.storeBytes(of: 1 << 30, toByteOffset: StoreLayout.Header.capacity, as: UInt64.self)
    #expect(throws: StoreError.self) { try StoreMapping(fileDescriptor: segment.fileDescriptor) }
  }
}
