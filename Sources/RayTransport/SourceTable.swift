/// What a loop polls, by tokens that stay unique when a slot is used again.
struct SourceTable {
  enum Source {
    case connection(Connection)
    case watch(descriptor: Int32, onReadable: @Sendable () -> Void)
  }

  private struct Slot {
    var generation: UInt32 = 0
    var source: Source?
  }

  /// Stands for the descriptor that wakes the poller up.
  static let wakeupToken = UInt64.max

  private var slots: [Slot] = []
  private var free: [UInt32] = []

  mutating func add(_ source: Source) -> UInt64 {
    let index: UInt32
    if let reused = free.popLast() {
      index = reused
    } else {
      index = UInt32(slots.count)
      slots.append(Slot())
    }
    slots[Int(index)].source = source
    return token(of: Int(index))
  }

  private func token(of index: Int) -> UInt64 { UInt64(slots[index].generation) << 32 | UInt64(index) }

  /// Nil for a token whose source was removed meanwhile.
  subscript(token: UInt64) -> Source? {
    let index = Int(UInt32(truncatingIfNeeded: token))
    guard index < slots.count, slots[index].generation == UInt32(truncatingIfNeeded: token >> 32) else { return nil }
    return slots[index].source
  }

  mutating func remove(_ token: UInt64) -> Source? {
    guard let source = self[token] else { return nil }
    let index = Int(UInt32(truncatingIfNeeded: token))
    slots[index].source = nil
    slots[index].generation &+= 1
    free.append(UInt32(index))
    return source
  }

  var connections: [(token: UInt64, connection: Connection)] {
    slots.indices.compactMap { index in
      guard case .connection(let connection)? = slots[index].source else { return nil }
      return (token(of: index), connection)
    }
  }

  /// Removes every watch and returns the descriptors to stop polling.
  mutating func removeWatches() -> [Int32] {
    var descriptors: [Int32] = []
    for index in slots.indices {
      guard case .watch(let descriptor, _)? = slots[index].source else { continue }
      descriptors.append(descriptor)
      _ = remove(token(of: index))
    }
    return descriptors
  }
}

/// The one or two connections that were active last: worth a direct read before asking the poller.
struct HotConnections {
  private(set) var first: Unmanaged<Connection>?
  private(set) var second: Unmanaged<Connection>?
  private var secondMissCount = 0
  /// A second connection that stayed silent for so many reads is not hot any more.
  private static let missCountMax = 64

  // Unretained: the loop's table keeps a connection alive until `remove` was called.
  mutating func noteActive(_ connection: Connection) {
    let reference = Unmanaged.passUnretained(connection)
    if first?.toOpaque() == reference.toOpaque() { return }
    if second?.toOpaque() == reference.toOpaque() {
      secondMissCount = 0
      return
    }
    second = first
    secondMissCount = 0
    first = reference
  }

  mutating func noteSecondMiss() {
    secondMissCount += 1
    if secondMissCount > Self.missCountMax { second = nil }
  }

  mutating func remove(_ connection: Connection) {
    let address = Unmanaged.passUnretained(connection).toOpaque()
    if second?.toOpaque() == address { second = nil }
    if first?.toOpaque() == address {
      first = second
      second = nil
    }
  }
}
