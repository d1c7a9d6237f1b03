internal import CRayShims
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import RayObjectStore

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct StorePressureTests {
  let id = StoreObjectID(high: 1, low: 2)

  @Test func anObjectLargerThanTheStoreFailsAtOnce() throws {
    let segment = try StoreSegment.make(blocks: 4)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    let capacity = segment.capacity
    let started = cray_shm_monotonic_ns()
    #expect(throws: StoreError.tooLarge(requested: capacity + 1, capacity: capacity)) {
      try client.allocate(byteCount: capacity + 1, id: id, timeout: .seconds(60))
    }
    #expect(cray_shm_monotonic_ns() - started < 30_000_000_000)
    let whole = try client.allocate(byteCount: capacity, id: id)
    client.discard(whole)
  }

  @Test func aFullStoreSaysHowFullItIs() throws {
    let segment = try StoreSegment.make(blocks: 4)
    let client = try StoreClient(mapping: segment.mapping, identity: 1)
    _ = try client.putPattern(1, byteCount: 5 << 20)
    #expect(throws: StoreError.full(requested: 4 << 20, capacity: 8 << 20, used: 5 << 20)) {
      try client.allocate(byteCount: 4 << 20, id: id)
    }
    let started = cray_shm_monotonic_ns()
    #expect(throws: StoreError.full(requested: 4 << 20, capacity: 8 << 20, used: 5 << 20)) {
      try client.allocate(byteCount: 4 << 20, id: id, timeout: .milliseconds(30))
    }
    #expect(cray_shm_monotonic_ns() - started >= 30_000_000)
    // What fits still fits.
    client.discard(try client.allocate(byteCount: 2 << 20, id: id))
  }

  @Test func aWaitingPutGetsWhatAnotherClientFrees() throws {
    let segment = try StoreSegment.make(blocks: 4)
    let holder = try StoreClient(mapping: segment.mapping, identity: 1)
    let waiter = try StoreClient(mapping: segment.mapping, identity: 2)
    let large = try holder.putPattern(1, byteCount: 8 << 20)
    let result = Mutex<Result<StoreDescriptor, StoreError>?>(nil)
    let thread = TestThread {
      let put = Result { () throws(StoreError) in try waiter.putPattern(2, byteCount: 6 << 20, timeout: .seconds(60)) }
      result.withLock { $0 = put }
    }
    // The waiter raises the pressure before it sleeps; freeing at any moment after that must wake it.
    while !segment.mapping.isUnderPressure { cray_shm_pause() }
    try holder.free(large)
    thread.join()
    let descriptor = try #require(result.withLock { $0 }).get()
    #expect(try holder.holdsPattern(2, descriptor))
    try waiter.free(descriptor)
    waiter.detach()
    holder.detach()
    #expect(segment.isEmpty)
  }

  @Test func emptyChunksAreGivenUpForOthers() throws {
    let segment = try StoreSegment.make(blocks: 8)
    let keeper = try StoreClient(mapping: segment.mapping, identity: 1)
    let other = try StoreClient(mapping: segment.mapping, identity: 2)
    // Two chunks; one object remains in each, so both stay leased.
    let objects = try (0..<14).map { try keeper.putPattern(UInt64($0), byteCount: 1 << 20) }
    for index in objects.indices where index != 0 && index != 13 { try keeper.free(objects[index]) }
    #expect(segment.statistics().freeBlockCount == 0)
    #expect(throws: StoreError.self) { try other.putPattern(1, byteCount: 8 << 20) }
    let done = Mutex(false)
    let thread = TestThread {
      if let descriptor = try? other.putPattern(1, byteCount: 8 << 20, timeout: .seconds(60)) {
        try? other.free(descriptor)
        done.withLock { $0 = true }
      }
    }
    while !segment.mapping.isUnderPressure { cray_shm_pause() }
    try keeper.free(objects[13])
    thread.join()
    #expect(done.withLock { $0 })
    try keeper.free(objects[0])
    // Without pressure a client keeps an empty chunk for its next put, until it is asked.
    keeper.releaseUnused()
    other.releaseUnused()
    #expect(segment.statistics().leasedBlockCount == 0)
  }

  @Test func theLastUnpinOfAFreedObjectWakesAWaitingPut() throws {
    let segment = try StoreSegment.make(blocks: 4)
    let creator = try StoreClient(mapping: segment.mapping, identity: 1)
    let reader = try StoreClient(mapping: segment.mapping, identity: 2)
    let large = try creator.putPattern(1, byteCount: 8 << 20)
    let pin = try reader.pin(large)
    try creator.free(large)
    let done = Mutex(false)
    let thread = TestThread {
      if (try? creator.putPattern(2, byteCount: 8 << 20, timeout: .seconds(60))) != nil { done.withLock { $0 = true } }
    }
    while !segment.mapping.isUnderPressure { cray_shm_pause() }
    reader.unpin(pin)
    thread.join()
    #expect(done.withLock { $0 })
  }

  /// Clients race for blocks, chunks and journal entries; whatever the interleaving, bytes are right and nothing is lost.
  @Test(arguments: [1, 2].map { UInt64($0) } + [UInt64.random(in: 0...UInt64.max)])
  func rivalsShareASmallStoreWithoutLoss(seed: UInt64) throws {
    let segment = try StoreSegment.make(blocks: 24)
    let clients = try (1...3).map { try StoreClient(mapping: segment.mapping, identity: UInt32($0)) }
    let problems = Mutex<[String]>([])
    let threads = (0..<4).map { number in
      // Two threads share the last client.
      let client = clients[min(number, 2)]
      return TestThread {
        do { try Self.churn(client, seed: seed &+ UInt64(number)) } catch { problems.withLock { $0.append("\(error)") } }
      }
    }
    for thread in threads { thread.join() }
    #expect(problems.withLock { $0 } == [], "seed \(seed)")
    let allocators = clients.map { $0.state.withLock { $0.allocator.checkInvariants() } }
    #expect(allocators == [nil, nil, nil], "seed \(seed)")
    for client in clients { client.detach() }
    #expect(segment.isEmpty, "seed \(seed)")
  }

  private static func churn(_ client: StoreClient, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var live: [(name: UInt64, descriptor: StoreDescriptor)] = []
    for _ in 0..<600 {
      if live.count < 8, Bool.random(using: &generator) {
        let name = generator.next()
        let byteCount = Int.random(in: 0...(1 << Int.random(in: 6...23, using: &generator)), using: &generator)
        do throws(StoreError) {
          live.append((name, try client.putPattern(name, byteCount: byteCount, timeout: .milliseconds(1))))
        } catch {
          guard case .full = error else { throw error }
        }
      } else if let index = live.indices.randomElement(using: &generator) {
        let (name, descriptor) = live.remove(at: index)
        let pin = try client.pin(descriptor)
        guard try client.holdsPattern(name, descriptor) else { throw StoreError.corrupted("\(descriptor) changed") }
        let freesFirst = Bool.random(using: &generator)
        if freesFirst { try client.free(descriptor) }
        client.unpin(pin)
        if !freesFirst { try client.free(descriptor) }
      }
    }
    for (_, descriptor) in live { try client.free(descriptor) }
  }
}
