/// Names one scheduled action.
package struct TimerID: Sendable, Hashable {
  let value: UInt64
}

/// Deadlines in a binary heap; cancelled ones stay until they come up or outnumber the others.
struct TimerHeap {
  private struct Entry {
    var deadline: UInt64
    var id: UInt64
    /// Equal deadlines fire in the order scheduled.
    func isBefore(_ other: Entry) -> Bool { deadline != other.deadline ? deadline < other.deadline : id < other.id }
  }

  private var entries: [Entry] = []
  private var actions: [UInt64: @Sendable () -> Void] = [:]
  private var nextID: UInt64 = 1

  /// When the next action is due, `UInt64.max` for never.
  var nextDeadline: UInt64 { entries.first?.deadline ?? .max }
  var count: Int { actions.count }

  mutating func schedule(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) -> TimerID {
    let id = nextID
    nextID += 1
    actions[id] = action
    entries.append(Entry(deadline: deadline, id: id))
    siftUp(entries.count - 1)
    return TimerID(value: id)
  }

  /// Returns whether the action was still waiting.
  mutating func cancel(_ id: TimerID) -> Bool {
    guard actions.removeValue(forKey: id.value) != nil else { return false }
    if entries.count > 64, entries.count > 2 * actions.count { dropCancelled() }
    return true
  }

  /// The next action that is due at `now`.
  mutating func popDue(now: UInt64) -> (@Sendable () -> Void)? {
    while let first = entries.first, first.deadline <= now {
      removeFirst()
      if let action = actions.removeValue(forKey: first.id) { return action }
    }
    return nil
  }

  mutating func removeAll() {
    entries.removeAll()
    actions.removeAll()
  }

  private mutating func dropCancelled() {
    entries.removeAll { actions[$0.id] == nil }
    // A sorted array is a heap.
    entries.sort { $0.isBefore($1) }
  }

  private mutating func removeFirst() {
    let last = entries.removeLast()
    if entries.isEmpty { return }
    entries[0] = last
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index].isBefore(entries[parent]) else { return }
      entries.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      if least == index { return }
      entries.swapAt(index, least)
      index = least
    }
  }
}
