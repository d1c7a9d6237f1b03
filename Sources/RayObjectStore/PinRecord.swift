/// One pin that a client holds, as the node will find it after the client's death.
///
/// A pin is two writes in shared memory: the record here and the count in the journal entry. The record is marked in between,
/// so a death in between is recognised; ``StoreSegment`` then recounts the one object concerned.
struct PinRecord: Equatable {
  enum Phase: UInt64 {
    case none = 0
    /// The count in the entry may or may not include this pin.
    case changing = 1
    case held = 2
  }

  var raw: UInt64

  init(raw: UInt64) { self.raw = raw }

  init(_ phase: Phase, slot: Int, index: Int) { raw = phase.rawValue << 62 | UInt64(slot) << 32 | UInt64(index) }

  var phase: Phase { Phase(rawValue: raw >> 62) ?? .changing }
  var slot: Int { Int(raw >> 32 & 0x3FFF_FFFF) }
  var index: Int { Int(raw & 0xFFFF_FFFF) }
  /// What is pinned, without the phase.
  var target: UInt64 { raw & ~(3 << 62) }
}

/// Keeps an object's bytes in place until ``StoreClient/unpin(_:)``.
package struct StorePin: Sendable, Hashable {
  package let descriptor: StoreDescriptor
  let record: Int
}
