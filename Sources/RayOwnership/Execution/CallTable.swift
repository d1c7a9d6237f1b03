/// The unanswered calls of one caller, by the task index it gave them.
///
/// Callers number their tasks by slots of a slab, lowest free slot first, so that the slot nearly always leads straight to the
/// call; only what collides is looked up by hash.
struct CallTable {
  private static var slotCount: Int { 1024 }
  private var slots: [ExecutionCall?] = []
  private var others: [UInt64: ExecutionCall] = [:]

  subscript(task: UInt64) -> ExecutionCall? {
    let slot = Self.slot(of: task)
    if slot < slots.count, let call = slots[slot], call.taskIndex == task { return call }
    return others.isEmpty ? nil : others[task]
  }

  mutating func insert(_ call: ExecutionCall) {
    if slots.isEmpty { slots = Array(repeating: nil, count: Self.slotCount) }
    let slot = Self.slot(of: call.taskIndex)
    if slots[slot] == nil { slots[slot] = call } else { others[call.taskIndex] = call }
  }

  mutating func remove(_ call: ExecutionCall) {
    let slot = Self.slot(of: call.taskIndex)
    if slot < slots.count, slots[slot] === call {
      slots[slot] = nil
    } else if others[call.taskIndex] === call {
      others[call.taskIndex] = nil
    }
  }

  var all: [ExecutionCall] { slots.compactMap { $0 } + others.values }

  private static func slot(of task: UInt64) -> Int { Int(truncatingIfNeeded: task) & (slotCount - 1) }
}
