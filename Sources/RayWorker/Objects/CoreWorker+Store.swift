internal import MessagePack
internal import RayObjectStore
internal import RayOwnership
internal import RayProtocol
internal import RayTransport

/// How long a put waits for space in a full store before it fails.
let storeFullTimeout: Duration = .seconds(10)

extension CoreWorker {
  /// Joins the node's object store with the descriptor that came with the node's welcome.
  func welcomed(_ welcome: NodeEvent.Welcome) throws(TransportError) {
    if let descriptor = nodeConnection.takeDescriptor() {
      do {
        let mapping = try StoreMapping(fileDescriptor: descriptor.raw)
        store = try StoreClient(mapping: mapping, identity: welcome.storeSlot)
      } catch {
        throw TransportError(code: .refused, message: "cannot join the object store: \(error)")
      }
    }
    self.welcome = welcome
    onWelcome?()
  }

  private func client() throws -> StoreClient {
    guard let store else { throw RayError(.notInitialized, "this process has no object store yet") }
    return store
  }

  // MARK: Writing

  /// By this name the node knows for whom a value lives on when its creator dies.
  private func name(ownedBy owner: WorkerID) -> StoreObjectID { StoreObjectID(high: owner.rawValue, low: 1) }

  /// Copies bytes into the store.
  func storeCopy(of bytes: UnsafeRawBufferPointer, for owner: WorkerID) throws -> StoredDescriptor {
    do {
      return wrap(try client().put(bytes, id: name(ownedBy: owner), timeout: storeFullTimeout))
    } catch let error as StoreError {
      throw Self.rayError(error)
    }
  }

  /// Encodes a large value straight into the store; moves what turned out larger than announced.
  func storeEncoding(byteCountHint: Int, _ encode: (inout ByteWriter) throws -> Void) throws -> StoredValue {
    do {
      let client = try client()
      let reservation = try client.allocate(
        byteCount: byteCountHint + 4096, id: name(ownedBy: id), timeout: storeFullTimeout)
      let copier = BulkCopier { client.copy($0, to: $1) }
      defer { withExtendedLifetime(copier) {} }
      var writer = ByteWriter(borrowing: reservation.bytes)
      writer.bulkCopier = copier
      do {
        try encode(&writer)
        if let failure = writer.failure { throw RayError(.encodingFailed, failure.message) }
      } catch {
        client.discard(reservation)
        throw error
      }
      let kept = writer.takeKeptObjects()
      guard writer.ownsStorage || writer.count <= inlineResultByteCountMax else {
        return StoredValue(descriptor: wrap(client.seal(reservation, byteCount: writer.count)), inline: nil, kept: kept)
      }
      client.discard(reservation)
      return try writer.withUnsafeBytes { bytes in
        guard bytes.count > inlineResultByteCountMax else {
          return StoredValue(descriptor: nil, inline: Array(bytes), kept: kept)
        }
        return StoredValue(descriptor: try storeCopy(of: bytes, for: id), inline: nil, kept: kept)
      }
    } catch let error as StoreError {
      throw Self.rayError(error)
    }
  }

  struct StoredValue {
    var descriptor: StoredDescriptor?
    var inline: [UInt8]?
    var kept: [AnyObject]
  }

  // MARK: Reading and freeing

  /// The bytes of a stored value, in place; valid while the object is kept.
  func read(_ descriptor: StoredDescriptor) throws -> UnsafeRawBufferPointer {
    do {
      return try client().read(try unwrap(descriptor))
    } catch let error as StoreError {
      if lock.withLock({ state.isShutDown }) { throw RayError(.shutDown, "the object went with the store: Ray was shut down") }
      throw Self.rayError(error)
    }
  }

  /// An argument that travelled as a descriptor.
  func makeStoredBytesReader() -> @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    { [unowned self] bytes in
      guard bytes.count == StoredDescriptor.byteCount, let base = bytes.baseAddress else {
        throw RayError(.protocolViolation, "an argument's descriptor has \(bytes.count) bytes")
      }
      return try read(StoredDescriptor(reading: base))
    }
  }

  /// A value this process allocated is not needed any more. Called under the core worker's lock.
  func freeOwnValue(_ descriptor: StoredDescriptor) {
    guard let store, let local = try? unwrap(descriptor) else { return }
    // A second free of the same value is a late message and harmless.
    try? store.free(local)
  }

  // MARK: Descriptors

  private func wrap(_ descriptor: StoreDescriptor) -> StoredDescriptor {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { descriptor.encode(into: $0) }
    return StoredDescriptor(words: words, creator: id)
  }

  private func unwrap(_ descriptor: StoredDescriptor) throws -> StoreDescriptor {
    guard let local = withUnsafeBytes(of: descriptor.words, { StoreDescriptor(encoded: $0) }) else {
      throw RayError(.protocolViolation, "a store descriptor is malformed")
    }
    return local
  }

  static func rayError(_ error: StoreError) -> RayError {
    switch error {
    case .full: RayError(.objectStoreFull, "\(error); drop references, or start with a larger objectStoreMemory")
    case .tooLarge: RayError(.objectTooLarge, "\(error); start with a larger objectStoreMemory or split the value")
    case .systemLimit, .tableFull: RayError(.systemLimit, "\(error)")
    case .objectGone: RayError(.objectLost, "\(error)")
    case .detached: RayError(.shutDown, "\(error)")
    default: RayError(.protocolViolation, "\(error)")
    }
  }
}
