extension StoreMapping {
  /// Checks a descriptor against the segment, for any caller: everything in it may be wrong.
  func validate(_ descriptor: StoreDescriptor) throws(StoreError) -> JournalEntry {
    let slot = Int(descriptor.slot)
    let index = Int(descriptor.index)
    guard slot < layout.clientCount else { throw .invalidDescriptor(descriptor, reason: "no such client slot") }
    let capacity = UInt64(layout.capacity)
    guard descriptor.offset <= capacity, descriptor.byteCount <= capacity - descriptor.offset else {
      throw .invalidDescriptor(descriptor, reason: "outside the store of \(capacity) bytes")
    }
    let client = client(slot)
    // Entries above the high-water mark have no memory: reading one could fail with a signal.
    guard index < layout.journalCount, index < Int(client.journalHighWater.load()) else {
      throw .invalidDescriptor(descriptor, reason: "no such journal entry")
    }
    let word = client.word
    guard word.generation == descriptor.generation, word.state != .free else { throw .objectGone(descriptor) }
    return entry(slot, index)
  }

  /// Checks that `word` and the entry's fields are those of the descriptor's object.
  @inline(__always)
  func matches(_ entry: JournalEntry, _ word: JournalEntry.Word, _ descriptor: StoreDescriptor) -> Bool {
    word.sequence == descriptor.sequence && entry.offset == descriptor.offset && entry.byteCount == descriptor.byteCount
  }

  /// The bytes of an object, which the caller keeps alive by a pin or by owning it.
  func bytes(of descriptor: StoreDescriptor) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: data + Int(descriptor.offset), count: Int(descriptor.byteCount))
  }
}
