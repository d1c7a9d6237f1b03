internal import RayObjectStore
internal import RayProtocol
internal import RayTransport
internal import Synchronization

/// The node's side of the object store, with errors and identities as the node speaks of them.
///
/// The values of a dead process live on for their owners. A client that names a value `(owner, 1)` when it stores it lets the
/// node free it when that owner dies as well; values with other names live until their owner says so.
final class Store: Sendable {
  private let segment: StoreSegment
  /// Values whose creator is dead, by owner.
  private let adopted = Mutex<[WorkerID: Set<StoreDescriptor>]>([:])

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

  /// A descriptor to pass to a client.
  func makeDescriptor() throws(TransportError) -> OwnedDescriptor { try OwnedDescriptor(duplicating: segment.fileDescriptor) }

  /// A process is dead: its unfinished values and its pins go, and the adopted values that it owned.
  func processDied(_ worker: WorkerID, identity: UInt32, isAlive: (WorkerID) -> Bool) {
    var orphans = adopted.withLock { $0.removeValue(forKey: worker) } ?? []
    for object in segment.adoptClients(identity: identity) where object.id.low == 1 {
      let owner = WorkerID(object.id.high)
      if isAlive(owner) {
        _ = adopted.withLock { $0[owner, default: []].insert(object.descriptor) }
      } else {
        orphans.insert(object.descriptor)
      }
    }
    // Freeing what its owner has freed just before is an error that harms nobody.
    for orphan in orphans { try? segment.free(orphan) }
  }

  /// The owner of a value needs it no more, and its creator is gone. False when these are no bytes of a descriptor.
  func free(_ encoded: [UInt8], by owner: WorkerID) -> Bool {
    guard let descriptor = encoded.withUnsafeBytes({ StoreDescriptor(encoded: $0) }) else { return false }
    adopted.withLock { _ = $0[owner]?.remove(descriptor) }
    try? segment.free(descriptor)
    return true
  }

  func startWarmer() { try? segment.startWarmer(aheadByteCount: 64 << 20) }
  func stop() { segment.stopWarmer() }
}
