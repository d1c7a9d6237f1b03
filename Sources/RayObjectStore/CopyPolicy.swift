/// Decides from measurements whether a second thread pays for a copy of a given size.
///
/// It pays when a core is idle and not when other processes keep all of them busy, and that changes while a program runs. So
/// both ways are timed, per power of two; the better one is taken and the other tried again now and then, a few times in a
/// row: the first copy after a pause finds the helper asleep and says nothing about the next ones, so it is not counted.
struct CopyPolicy {
  /// One way to copy sizes of one power of two.
  private struct Record {
    var sampleCount = 0
    var nanosecondsPerMegabyte = 0.0

    mutating func add(_ sample: Double) {
      sampleCount += 1
      guard sampleCount > 1 else {
        nanosecondsPerMegabyte = sample
        return
      }
      // A thread that lost its core in the middle says little about the next copy.
      let bounded = min(sample, 4 * nanosecondsPerMegabyte)
      nanosecondsPerMegabyte += (bounded - nanosecondsPerMegabyte) / 8
    }
  }

  private static let sizeCount = 12
  private static let trialCount = 4
  /// Of this many copies the last few try the way that seems worse.
  static let probeInterval = 64
  static let probeCount = 4

  private var alone = [Record](repeating: .init(), count: sizeCount)
  private var together = [Record](repeating: .init(), count: sizeCount)
  private var decisionCount = 0
  private var helperIsAwake = false

  private static func size(_ byteCount: Int) -> Int {
    let log = Int.bitWidth - 1 - max(1, byteCount).leadingZeroBitCount
    return min(max(0, log - 20), sizeCount - 1)
  }

  /// Whether to copy `byteCount` bytes with the helper.
  mutating func usesHelper(forByteCount byteCount: Int) -> Bool {
    let size = Self.size(byteCount)
    if together[size].sampleCount < Self.trialCount { return true }
    if alone[size].sampleCount < Self.trialCount { return false }
    decisionCount += 1
    let helperIsFaster = together[size].nanosecondsPerMegabyte < alone[size].nanosecondsPerMegabyte
    let probes = decisionCount % Self.probeInterval < Self.probeCount
    return probes ? !helperIsFaster : helperIsFaster
  }

  mutating func record(byteCount: Int, nanoseconds: UInt64, usedHelper: Bool) {
    defer { helperIsAwake = usedHelper }
    if usedHelper && !helperIsAwake { return }
    let sample = Double(nanoseconds) * Double(1 << 20) / Double(max(1, byteCount))
    if usedHelper { together[Self.size(byteCount)].add(sample) } else { alone[Self.size(byteCount)].add(sample) }
  }
}
