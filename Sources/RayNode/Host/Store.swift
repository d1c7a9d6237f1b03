internal import RayObjectStore
internal import RayProtocol
internal import RayTransport
internal import Synchronization

/// The node's side of the object store, with errors and identities as the node speaks of them.
///
/// The values of a dead process live on for their owners, by whom they are named `(owner, 1)`. An owner is asked which of them
/// it knows: a process may die between storing a result and telling of it. When the owner dies as well, the node frees them.
final class Store: Sendable {
  private let segment: StoreSegment
  /// Values whose creator is dead, by owner, with that creator.
  private let adopted = Mutex<[WorkerID: [StoreDescriptor: WorkerID]]>([:])

  init(byteCount: Int?) throws(RayError) {
    var configuration = StoreSegment.Configuration()
    configuration.capacity = byteCount
    do {
      segment = try StoreSegment(configuration: configuration)
    } catch {
      throw RayError(.systemLimit, "cannot create the object store: \(error)")
    }
  }

  var byteCount: Int { segment.capacity }
  /// Bytes of all values that are there now.
  var usedByteCount: Int { segment.statistics().usedByteCount }

  /// A descriptor to pass to a client.
  func makeDescriptor() throws(TransportError) -> OwnedDescriptor { try OwnedDescriptor(duplicating: segment.fileDescriptor) }

  /// A process is dead: its unfinished values and its pins go, and the adopted values that it owned. Returns the owners of what it
  /// had stored.
  func processDied(_ worker: WorkerID, identity: UInt32, isAlive: (WorkerID) -> Bool) -> [WorkerID] {
    var orphans = adopted.withLock { $0.removeValue(forKey: worker).map { Array($0.keys) } ?? [] }
    var heirs: Set<WorkerID> = []
    for object in segment.adoptClients(identity: identity) where object.id.low == 1 {
      let owner = WorkerID(object.id.high)
      if isAlive(owner) {
        adopted.withLock { $0[owner, default: [:]][object.descriptor] = worker }
        heirs.insert(owner)
      } else {
        orphans.append(object.descriptor)
      }
    }
    // Freeing what its owner has freed just before is an error that harms nobody.
    for orphan in orphans { try? segment.free(orphan) }
    return heirs.sorted()
  }

  /// Frees what a dead process stored for an owner that has never heard of it. False when these are no bytes of descriptors.
  func keep(_ encoded: [UInt8], of creator: WorkerID, for owner: WorkerID) -> Bool {
    guard encoded.count.isMultiple(of: StoreDescriptor.encodedByteCount) else { return false }
    let kept = encoded.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: StoreDescriptor.encodedByteCount).compactMap { start in
        StoreDescriptor(encoded: UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(StoreDescriptor.encodedByteCount)))
      }
    }
    let unknown = adopted.withLock { adopted in
      let known = Set(kept)
      let unknown = (adopted[owner] ?? [:]).filter { $0.value == creator && !known.contains($0.key) }.map(\.key)
      for descriptor in unknown { adopted[owner]?[descriptor] = nil }
      return unknown
    }
    for descriptor in unknown { try? segment.free(descriptor) }
    return true
  }

  /// The owner of a value needs it no more, and its creator is gone. False when these are no bytes of a descriptor.
  func free(_ encoded: [UInt8], by owner: WorkerID) -> Bool {
    guard let descriptor = encoded.withUnsafeBytes({ StoreDescriptor(encoded: $0) }) else { return false }
    adopted.withLock { $0[owner]?[descriptor] = nil }
    try? segment.free(descriptor)
    return true
  }

  func startWarmer() { try? segment.startWarmer(aheadByteCount: 64 << 20) }
  func stop() { segment.stopWarmer() }
}
