/// The public record of one object: 64 bytes of shared memory, written by the creator, read by everybody.
///
/// ```
/// 0 word u64 | 8 offset u64 | 16 size u64 | 24 id high u64 | 32 id low u64
/// word: 0-1 state | 2-17 pins | 18-31 changes | 32-63 sequence
/// ```
/// The fields are written before the word says `writing`; sealing stores the word with release order, so whoever sees
/// `sealed` sees the fields and the object's bytes. Legal transitions:
///
/// ```
/// free -> writing -> sealed -> free            not pinned when freed
///                    sealed -> doomed -> free  pinned when freed; the last unpin leaves (doomed, 0 pins) for the creator
///         writing -> free                      given up
/// ```
struct JournalEntry {
  enum State: UInt64 {
    case free = 0
    case writing = 1
    case sealed = 2
    case doomed = 3
  }

  /// The word taken apart.
  struct Word: Equatable {
    var raw: UInt64

    static let pinCountMax = 0xFFFF
    private static let onePin: UInt64 = 1 << 2
    private static let changeMask: UInt64 = 0x3FFF << 18

    init(raw: UInt64) { self.raw = raw }

    init(_ state: State, sequence: UInt32) { raw = UInt64(sequence) << 32 | state.rawValue }

    // Two bits: every pattern is a state.
    var state: State { State(rawValue: raw & 3).unsafelyUnwrapped }
    var pinCount: Int { Int(raw >> 2 & 0xFFFF) }
    var sequence: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }

    func with(_ state: State) -> Word { Word(raw: raw & ~3 | state.rawValue).changed() }
    func pinned() -> Word { Word(raw: raw + Self.onePin).changed() }
    func unpinned(by count: Int = 1) -> Word { Word(raw: raw - Self.onePin * UInt64(count)).changed() }

    /// Counts the change, so that "unchanged since I looked" cannot be mistaken for "changed and changed back".
    private func changed() -> Word { Word(raw: raw & ~Self.changeMask | (raw &+ 1 << 18) & Self.changeMask) }
  }

  let base: UnsafeMutableRawPointer

  @inline(__always) private var shared: SharedWord64 { SharedWord64(address: base) }
  var word: Word { Word(raw: shared.load()) }
  var offset: UInt64 { SharedWord64(address: base + 8).loadRelaxed() }
  var byteCount: UInt64 { SharedWord64(address: base + 16).loadRelaxed() }
  var id: StoreObjectID {
    StoreObjectID(high: SharedWord64(address: base + 24).loadRelaxed(), low: SharedWord64(address: base + 32).loadRelaxed())
  }

  /// Announces an object whose bytes are about to be written.
  func begin(offset: Int, byteCount: Int, id: StoreObjectID, sequence: UInt32) {
    SharedWord64(address: base + 8).storeRelaxed(UInt64(offset))
    SharedWord64(address: base + 16).storeRelaxed(UInt64(byteCount))
    SharedWord64(address: base + 24).storeRelaxed(id.high)
    SharedWord64(address: base + 32).storeRelaxed(id.low)
    shared.storeRelease(Word(.writing, sequence: sequence).raw)
  }

  /// Shortens an object that is still being written.
  func setByteCount(_ byteCount: Int) { SharedWord64(address: base + 16).storeRelaxed(UInt64(byteCount)) }

  func exchange(_ expected: Word, for desired: Word) -> Bool { shared.exchange(expected.raw, for: desired.raw) }

  /// Makes the entry free whatever it was; only for whoever owns it and knows that nobody pins it.
  func clear(sequence: UInt32) { shared.store(Word(.free, sequence: sequence).raw) }
}
