/// What lies in the store, counted from the tables themselves: it cannot drift, and a leak cannot hide.
///
/// Counting takes some nanoseconds per journal entry. While clients work, the numbers are those of slightly different moments.
package struct StoreStatistics: Sendable, Hashable {
  package struct Client: Sendable, Hashable {
    package var id: StoreClientID
    package var identity: UInt32
    /// False when the process is gone and the node looks after its objects.
    package var isLive: Bool
    package var sealedCount = 0
    package var writingCount = 0
    /// Freed, but still pinned.
    package var doomedCount = 0
    package var usedByteCount = 0
    package var leasedBlockCount = 0
    /// Pins that this client holds.
    package var pinCount = 0
  }

  package var capacity = 0
  package var freeBlockCount = 0
  package var warmBlockCount = 0
  /// Every process that is or was there and left something.
  package var clients: [Client] = []

  /// Bytes of all objects.
  package var usedByteCount: Int { clients.reduce(0) { $0 + $1.usedByteCount } }
  package var sealedCount: Int { clients.reduce(0) { $0 + $1.sealedCount } }
  package var writingCount: Int { clients.reduce(0) { $0 + $1.writingCount } }
  package var doomedCount: Int { clients.reduce(0) { $0 + $1.doomedCount } }
  package var pinCount: Int { clients.reduce(0) { $0 + $1.pinCount } }
  package var leasedBlockCount: Int { capacity / StoreLayout.blockSize - freeBlockCount }
}

extension StoreMapping {
  /// Counts the whole store.
  package func statistics() -> StoreStatistics {
    var statistics = StoreStatistics(capacity: layout.capacity)
    var leased: [UInt32: Int] = [:]
    for block in 0..<layout.blockCount {
      let owner = owner(block).loadRelaxed()
      if owner == 0 { statistics.freeBlockCount += 1 } else { leased[owner, default: 0] += 1 }
      if isWarm(block) { statistics.warmBlockCount += 1 }
    }
    for slot in 0..<layout.clientCount {
      let word = client(slot).word
      guard let state = word.state, state != .free else { continue }
      let id = StoreClientID(slot: slot, generation: word.generation)
      var client = StoreStatistics.Client(id: id, identity: word.identity, isLive: state == .live)
      client.leasedBlockCount = leased[id.owner] ?? 0
      countObjects(of: slot, &client)
      client.pinCount = (0..<pinRecordCount(slot)).count { PinRecord(raw: pinRecord(slot, $0).loadRelaxed()).phase != .none }
      statistics.clients.append(client)
    }
    return statistics
  }

  private func countObjects(of slot: Int, _ client: inout StoreStatistics.Client) {
    for index in 0..<entryCount(slot) {
      let entry = entry(slot, index)
      switch entry.word.state {
      case .free: continue
      case .writing: client.writingCount += 1
      case .sealed: client.sealedCount += 1
      case .doomed: client.doomedCount += 1
      }
      // Clamped: a damaged entry must not make the sum trap.
      client.usedByteCount += Int(min(entry.byteCount, UInt64(layout.capacity)))
    }
  }

  /// Journal entries of a client that have memory.
  func entryCount(_ slot: Int) -> Int { min(Int(client(slot).journalHighWater.load()), layout.journalCount) }

  /// Pin records of a client that have memory.
  func pinRecordCount(_ slot: Int) -> Int { min(Int(client(slot).pinHighWater.load()), layout.pinCount) }
}
