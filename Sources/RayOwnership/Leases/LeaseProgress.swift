/// Which of the leases on this worker have begun, so that "all my tasks are suspended" says about which grants it speaks.
///
/// A grant is told by the node and its first task comes from the client, on two connections: either may be first.
package struct LeaseProgress {
  /// `leased` and `leaseEnded` messages so far.
  private var eventCount: UInt64 = 0
  /// The number of the message that announced each lease.
  private var announced: [UInt64: UInt64] = [:]
  /// Leases with a task before their announcement.
  private var early: Set<UInt64> = []
  private var lastStarted: UInt64 = 0
  /// The number of the newest lease of which a task has started.
  package private(set) var startedCount: UInt64 = 0

  package init() {}

  package mutating func leased(_ lease: UInt64) {
    eventCount += 1
    announced[lease] = eventCount
    if early.remove(lease) != nil { startedCount = max(startedCount, eventCount) }
  }

  package mutating func ended(_ lease: UInt64) {
    eventCount += 1
    announced[lease] = nil
    early.remove(lease)
  }

  /// A call of a lease starts; calls of actors have none.
  package mutating func started(_ lease: UInt64) {
    guard lease != 0, lease != lastStarted else { return }
    lastStarted = lease
    if let number = announced[lease] { startedCount = max(startedCount, number) } else { early.insert(lease) }
  }
}
