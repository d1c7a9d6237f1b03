public import Ray

/// Lets remote calls wait for each other, so that tests need no sleeping: it opens once and stays open.
///
/// ```swift
/// let gate = try Gate.remote()
/// let late = try $work.remote(gate)      // awaits gate.passed.remote().value
/// try await gate.open.remote().value
/// ```
@RemoteActor public actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var arrivals = 0
  private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  public init() {}

  /// Returns when the gate is open.
  public func passed() async {
    arrivals += 1
    let due = watchers.filter { $0.count <= arrivals }
    watchers.removeAll { $0.count <= arrivals }
    for watcher in due { watcher.continuation.resume() }
    guard !isOpen else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Returns when `count` calls have come to the gate.
  public func arrived(count: Int) async {
    guard arrivals < count else { return }
    await withCheckedContinuation { watchers.append((count, $0)) }
  }

  public func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
