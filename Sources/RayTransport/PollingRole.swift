internal import Synchronization

/// Who may poll and call the delegate: the loop's thread, or the helper while user code keeps that thread.
///
/// ```
///            offer                  take                  wait
///  loopOwns -------> offered -----------------> helperBusy <--> helperWaiting
///     ^                 |                         |                 |
///     |<---- reclaim ---+     handOver, if wanted |                 |
///     |<------------------------------------------+                 |
///     |<------------------------------------------------ reclaim ---+
/// ```
///
/// Only the loop's thread leaves `loopOwns` and `offered` towards `offered` and `loopOwns`; only the helper enters the helper
/// states. Whoever gets the role acquires what the previous holder released, so the polling state itself needs no lock.
struct PollingRole: ~Copyable {
  private enum State {
    static let loopOwns: UInt32 = 0
    static let offered: UInt32 = 1
    static let helperWaiting: UInt32 = 2
    static let helperBusy: UInt32 = 3
    static let helperBusyLoopWaits: UInt32 = 4
    /// Only together with `loopOwns`: the helper sleeps without a tick and must be woken by the next offer.
    static let parked: UInt32 = 8
  }

  // A loop that nobody runs yet looks like one that left for long.
  private let word = Atomic<UInt32>(State.offered)

  // MARK: The loop's thread

  /// Lets the helper poll from now on. Returns whether the helper sleeps and must be woken.
  func offer() -> Bool { word.exchange(State.offered, ordering: .sequentiallyConsistent) & State.parked != 0 }

  enum Reclaimed {
    case untaken
    /// The helper sleeps in its poller: wake it, so that it sees that the role is gone.
    case fromWaitingHelper
    /// The helper is in the middle of a batch: wait until ``isReclaimed``.
    case pending
  }

  func reclaim() -> Reclaimed {
    if exchange(State.offered, for: State.loopOwns) { return .untaken }
    while true {
      // The helper moves between these two on its own, so try both until one holds.
      if exchange(State.helperWaiting, for: State.loopOwns) { return .fromWaitingHelper }
      if exchange(State.helperBusy, for: State.helperBusyLoopWaits) { return .pending }
    }
  }

  // The helper may even have parked again before the loop's thread looks.
  var isReclaimed: Bool { word.load(ordering: .acquiring) & ~State.parked == State.loopOwns }

  /// As if the helper slept: the next offer must start or wake it.
  func noteHelperIsMissing() { word.store(State.loopOwns | State.parked, ordering: .relaxed) }

  // MARK: The helper

  func take() -> Bool { exchange(State.offered, for: State.helperBusy) }
  /// False: the loop's thread waits for the role; call ``handOver()``.
  func beginWaiting() -> Bool { exchange(State.helperBusy, for: State.helperWaiting) }
  /// False: the loop's thread took the role.
  func endWaiting() -> Bool { exchange(State.helperWaiting, for: State.helperBusy) }
  func handOver() { word.store(State.loopOwns, ordering: .releasing) }
  /// Gives the role up without anybody asking. False: the loop's thread asked; call ``handOver()``.
  func giveBack() -> Bool { exchange(State.helperBusy, for: State.offered) }
  func park() -> Bool { exchange(State.loopOwns, for: State.loopOwns | State.parked) }

  // MARK: Anybody

  var isParked: Bool { word.load(ordering: .sequentiallyConsistent) & State.parked != 0 }
  var isOffered: Bool { word.load(ordering: .relaxed) == State.offered }
  var isLoopOwned: Bool { word.load(ordering: .relaxed) & ~State.parked == State.loopOwns }
  var isHelperWaiting: Bool { word.load(ordering: .sequentiallyConsistent) == State.helperWaiting }
  var isWithHelper: Bool { State.helperWaiting...State.helperBusyLoopWaits ~= word.load(ordering: .sequentiallyConsistent) }
  var isWantedBack: Bool { word.load(ordering: .relaxed) == State.helperBusyLoopWaits }

  private func exchange(_ expected: UInt32, for desired: UInt32) -> Bool {
    word.compareExchange(expected: expected, desired: desired, ordering: .sequentiallyConsistent).exchanged
  }
}
