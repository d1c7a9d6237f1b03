/// A process's line in the client table.
///
/// The word tells slot states apart in one exchange: 0-7 state, 8-27 generation, 32-63 identity. A slot is never without an
/// identity while somebody uses it, so a process that dies right after claiming one is still found.
struct ClientRecord {
  enum State: UInt64 {
    /// Nobody's; the generation is that of the last user.
    case free = 0
    case live = 1
    /// The process died or left; the node looks after the objects that remain.
    case adopted = 2
  }

  struct Word: Equatable {
    static let generationMask: UInt64 = 0xFFFFF

    var raw: UInt64
    var state: State? { State(rawValue: raw & 0xFF) }
    var generation: UInt32 { UInt32(raw >> 8 & Self.generationMask) }
    var identity: UInt32 { UInt32(raw >> 32) }

    init(raw: UInt64) { self.raw = raw }

    init(_ state: State, generation: UInt32, identity: UInt32) {
      raw = UInt64(identity) << 32 | (UInt64(generation) & Self.generationMask) << 8 | state.rawValue
    }
  }

  let base: UnsafeMutableRawPointer

  private var shared: SharedWord64 { SharedWord64(address: base) }
  var word: Word { Word(raw: shared.load()) }
  func exchange(_ expected: Word, for desired: Word) -> Bool { shared.exchange(expected.raw, for: desired.raw) }

  /// Journal entries ever used by this client; entries above have no memory and are not read.
  var journalHighWater: SharedWord32 { SharedWord32(address: base + 8) }
  /// Pin records ever used by this client.
  var pinHighWater: SharedWord32 { SharedWord32(address: base + 12) }
  /// Bumped by whoever removes the last pin from an object that its creator freed: time for the creator to look.
  var releasable: SharedWord32 { SharedWord32(address: base + 64) }
}

/// Names a client: its slot, and which user of that slot.
package struct StoreClientID: Hashable, Sendable {
  package var slot: Int
  package var generation: UInt32

  /// The block owner word of this client.
  var owner: UInt32 { generation << 12 | UInt32(slot + 1) }
}
