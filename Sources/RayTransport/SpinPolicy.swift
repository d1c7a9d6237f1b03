/// Decides whether to look again before sleeping: politely, because cores are shared.
///
/// Waking a halted core costs 3-5 us per hop, so a short spin halves a round trip. A spin must yield, or the peer on the same
/// core cannot answer; and it must stop as soon as a yield shows that somebody else wants the core, or it slows everybody down.
struct SpinPolicy {
  /// How long to look again and again before sleeping.
  var limit: UInt64 = 20_000
  /// A yield that took longer means that somebody else ran.
  var contendedYield: UInt64 = 4_000

  private var backoff: UInt32 = 0
  private var skips: UInt32 = 0

  init(limit: UInt64 = 20_000) { self.limit = limit }

  /// Whether this wait may spin at all.
  mutating func maySpin() -> Bool {
    if limit == 0 { return false }
    if skips == 0 { return true }
    skips -= 1
    return false
  }

  /// The spin found something.
  mutating func hit() { backoff /= 2 }

  /// A yield was slow and brought nothing: stay away for a while, longer each time.
  mutating func contended() {
    backoff = min(max(8, backoff * 2), 1024)
    skips = backoff
  }

  /// Nothing came within the limit.
  mutating func timedOut() { skips = backoff / 8 }
}
