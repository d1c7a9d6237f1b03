internal import RayObjectStore
internal import RayProtocol
internal import RayTransport

/// The node's side of the object store, with errors and identities as the node speaks of them.
final class Store: Sendable {
  private let segment: StoreSegment

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

  /// A dead process's values live on; only its unfinished ones and its pins go.
  func adopt(_ identity: UInt32) { _ = segment.adoptClients(identity: identity) }

  /// The owner of a value needs it no more, and its creator is gone. A second time is harmless.
  func free(_ encoded: [UInt8]) -> Bool {
    guard let descriptor = encoded.withUnsafeBytes({ StoreDescriptor(encoded: $0) }) else { return false }
    try? segment.free(descriptor)
    return true
  }

  func startWarmer() { try? segment.startWarmer(aheadByteCount: 64 << 20) }
  func stop() { segment.stopWarmer() }
}
