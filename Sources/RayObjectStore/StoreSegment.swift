internal import CRayShims
internal import Synchronization

/// The node's side of the object store: creates the segment, inherits from dead clients, keeps free memory warm.
///
/// ```swift
/// let segment = try StoreSegment()
/// spawnWorker(passing: segment.fileDescriptor)
/// …
/// let inherited = segment.adoptClients(identity: UInt32(deadProcess))    // sealed objects live on
/// try segment.free(inherited[0].descriptor)                              // when their owner drops them
/// ```
/// No put, read or free of a living client passes through here.
package final class StoreSegment: Sendable {
  /// Sizes that are fixed when the segment is made.
  package struct Configuration: Sendable {
    /// Bytes for objects. Nil is 30 % of memory; more than memory or the control group's limit is cut to that.
    package var capacity: Int?
    /// Processes that can use the store at a time, the node's own included.
    package var clientCountMax = 512
    /// Live objects that one client may have created.
    package var objectCountMax = 256 << 10
    /// Pins that one client may hold at a time.
    package var pinCountMax = 64 << 10

    package init() {}
  }

  package let mapping: StoreMapping
  let heir: StoreHeir
  let warmer = Mutex<StoreWarmer?>(nil)

  /// Creates an empty store. The process that does so is the node; the store ends with its last mapping.
  package init(configuration: Configuration = .init()) throws(StoreError) {
    let capacity = StoreCapacity.current().byteCount(requested: configuration.capacity)
    let layout = StoreLayout(
      capacity: capacity, clientCount: configuration.clientCountMax, journalCount: configuration.objectCountMax,
      pinCount: configuration.pinCountMax)
    guard let layout else { throw .systemLimit(operation: "laying out \(configuration)", errno: invalidArgument) }
    mapping = try StoreMapping(creating: layout)
    heir = StoreHeir(mapping: mapping)
    let node = mapping.client(0)
    _ = node.exchange(node.word, for: .init(.live, generation: 1, identity: 0))
  }

  deinit { stopWarmer() }

  /// What to pass to other processes, which make a ``StoreMapping`` from it.
  package var fileDescriptor: Int32 { mapping.fileDescriptor }
  package var capacity: Int { mapping.layout.capacity }

  package func statistics() -> StoreStatistics { mapping.statistics() }

  // MARK: Warm memory

  /// Starts a low-priority thread that keeps `byteCount` bytes of free space ready to be written at full speed.
  package func startWarmer(aheadByteCount byteCount: Int) throws(StoreError) {
    try warmer.withLock { (warmer) throws(StoreError) in
      guard warmer == nil else { return }
      warmer = try StoreWarmer(
        mapping: mapping, aheadCount: max(1, byteCount / StoreLayout.blockSize), collect: { [heir] in heir.collect() })
    }
  }

  /// Ends the thread and waits for it.
  package func stopWarmer() {
    let running = warmer.withLock { warmer in
      defer { warmer = nil }
      return warmer
    }
    running?.stop()
  }

  /// Returns memory of free blocks to the system, for use under memory pressure only: warming it again costs time.
  /// Returns the number of bytes given up.
  package func releaseMemory(byteCountMax: Int) -> Int {
    let node = StoreClientID(slot: 0, generation: 1)
    var released = 0
    // Highest first: leases start at the lowest, which should stay warm.
    for block in stride(from: mapping.layout.blockCount - 1, through: 0, by: -1) where mapping.isWarm(block) {
      guard released + StoreLayout.blockSize <= byteCountMax else { break }
      guard mapping.owner(block).exchange(0, for: node.owner) else { continue }
      mapping.setWarm(block, false)
      let offset = mapping.layout.dataOffset + block * StoreLayout.blockSize
      if cray_shm_punch(mapping.fileDescriptor, offset, StoreLayout.blockSize) == 0 { released += StoreLayout.blockSize }
      mapping.release(block..<block + 1, node.owner)
    }
    return released
  }
}

/// `EINVAL` on every platform this runs on, without importing a C library for one number.
private let invalidArgument: Int32 = 22
