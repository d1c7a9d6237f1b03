internal import CRayShims

/// One process's hands on the object store: put, read, pin and free without talking to anybody.
///
/// ```swift
/// let client = try StoreClient(mapping: StoreMapping(fileDescriptor: descriptor))
/// let reservation = try client.allocate(byteCount: 1_000, id: id, timeout: .seconds(10))
/// fill(reservation.bytes)
/// let descriptor = client.seal(reservation)      // travels to readers
/// let pin = try client.pin(descriptor)           // in any process
/// use(try client.read(descriptor))
/// client.unpin(pin)
/// try client.free(descriptor)                    // in the creating process
/// ```
///
/// The client leases chunks of blocks and divides them by ``TLSFAllocator``; large objects lease a run of their own. All
/// methods may be called from any thread. Objects that remain when the client leaves stay readable and pass to the node.
package final class StoreClient: Sendable {
  /// Tunables of one client.
  package struct Configuration: Sendable {
    /// Bytes leased at a time for small objects.
    package var chunkByteCount = 8 << 20
    /// Objects of at least this size lease blocks of their own.
    package var ownRunByteCount = 8 << 20
    /// Empty chunks kept for the next objects while nobody else waits for space.
    package var emptyChunkCountMax = 4
    /// Copies of at least this size are shared with a helper thread.
    package var sharedCopyByteCount = 1 << 20
    /// Nil starts a helper when the process may use more than one core.
    package var usesCopyHelper: Bool?

    package init() {}
  }

  package let mapping: StoreMapping
  package let id: StoreClientID
  let configuration: Configuration
  let state: Guarded<State>
  let pins = Guarded(PinState())
  let copyHelper: CopyHelper?

  /// What only this process knows about its objects; shared memory is never asked for it.
  struct LocalObject {
    var sequence: UInt32 = 0
    /// The allocator's piece, or -1 when the object has blocks of its own.
    var node: Int32 = -1
    var firstBlock: Int32 = 0
    var blockCount: Int32 = 0
    var isLive = false
  }

  struct State: ~Copyable {
    var allocator = TLSFAllocator()
    /// Leased chunks by the number of their region.
    var chunks: [Chunk] = []
    var objects: [LocalObject] = []
    var freeIndices: [UInt32] = []
    /// Freed while pinned; released once the last pin is gone.
    var doomed: [UInt32] = []
    var seenReleasable: UInt32 = 0
    var lastReleasedBlock: Int?
    var isDetached = false
  }

  struct Chunk {
    var region: Int32
    var blocks: Range<Int>
  }

  struct PinState {
    var freeRecords: [Int] = []
    var recordCount = 0
    var heldCount = 0
  }

  /// Joins the store. `identity` is what the node will know this process by when it dies; it must not be zero.
  package init(mapping: StoreMapping, identity: UInt32, configuration: Configuration = .init()) throws(StoreError) {
    precondition(identity != 0, "identity 0 means nobody")
    self.mapping = mapping
    self.configuration = configuration
    id = try Self.claimSlot(mapping, identity)
    state = Guarded(State())
    let helps = configuration.usesCopyHelper ?? (cray_shm_core_count() > 1)
    copyHelper = helps ? CopyHelper(mapping: mapping) : nil
    let releasable = mapping.client(id.slot).releasable.load()
    state.withLock { $0.seenReleasable = releasable }
  }

  deinit { detach() }

  private static func claimSlot(_ mapping: StoreMapping, _ identity: UInt32) throws(StoreError) -> StoreClientID {
    for slot in 1..<mapping.layout.clientCount {
      let record = mapping.client(slot)
      let word = record.word
      guard word.state == .free else { continue }
      // Zero is skipped: a zeroed descriptor must name nobody.
      let generation = max(1, (word.generation + 1) & UInt32(ClientRecord.Word.generationMask))
      if record.exchange(word, for: .init(.live, generation: generation, identity: identity)) {
        return StoreClientID(slot: slot, generation: generation)
      }
    }
    throw .tableFull("clients", limit: mapping.layout.clientCount - 1)
  }

  /// Leaves the store. Objects and pins that remain pass to the node, which finds them by ``StoreSegment/adoptClient(_:)``.
  package func detach() {
    let isEmpty = state.withLock { (state) -> Bool? in
      if state.isDetached { return nil }
      state.isDetached = true
      releaseUnpinned(&state)
      releaseEmptyChunks(&state)
      return state.chunks.isEmpty && !state.objects.contains { $0.isLive }
    }
    guard let isEmpty else { return }
    copyHelper?.stop()
    // Everything was returned, so the slot can be used again without the node.
    guard isEmpty, pins.withLock({ $0.heldCount == 0 }) else { return }
    let record = mapping.client(id.slot)
    let word = record.word
    guard word.state == .live, word.generation == id.generation else { return }
    record.journalHighWater.store(0)
    record.pinHighWater.store(0)
    _ = record.exchange(word, for: .init(.free, generation: id.generation, identity: 0))
  }
}
