extension StoreSegment {
  /// An object whose creator is gone.
  package struct AdoptedObject: Sendable, Hashable {
    package var descriptor: StoreDescriptor
    package var id: StoreObjectID
  }

  /// Takes over from every client with this identity; call it when the process is known to be dead.
  package func adoptClients(identity: UInt32) -> [AdoptedObject] {
    (1..<mapping.layout.clientCount).flatMap { slot -> [AdoptedObject] in
      let word = mapping.client(slot).word
      return word.state == .live && word.identity == identity ? adoptClient(slot) : []
    }
  }

  /// Takes over from a dead client and returns the objects that it had sealed.
  ///
  /// 1. its pins are removed  2. half-written objects are dropped  3. sealed ones stay where they are  4. blocks in which
  /// nothing is left are free. The slot is used again once the last object is gone. Adopting twice returns nothing.
  package func adoptClient(_ slot: Int) -> [AdoptedObject] { heir.adoptClient(slot) }

  /// Frees an object of a dead client; its bytes stay until the last pin is gone.
  package func free(_ descriptor: StoreDescriptor) throws(StoreError) { try heir.free(descriptor) }

  /// Releases what readers have let go of since; the warmer's thread calls it when a reader says so.
  package func collect() { heir.collect() }
}
