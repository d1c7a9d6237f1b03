/// The unanswered calls of one caller, by the task index it gave them.
///
/// Callers number their tasks by slots of a slab, lowest free slot first, so that the slot nearly always leads straight to the
/// call; only what collides is looked up by hash. The table owns nothing: unanswered calls are in a list that does.
struct CallTable {
  private static var slotCount: Int { 1024 }
  private var slots: [Unmanaged<ExecutionCall>?] = []
  private var others: [UInt64: Unmanaged<ExecutionCall>] = [:]

  subscript(task: UInt64) -> ExecutionCall? { find(task)?.takeUnretainedValue() }

  func contains(_ task: UInt64) -> Bool { find(task) != nil }

  @inline(__always)
  private func find(_ task: UInt64) -> Unmanaged<ExecutionCall>? {
    let slot = Self.slot(of: task)
    if slot < slots.count, let call = slots[slot], call._withUnsafeGuaranteedRef({ $0.taskIndex == task }) { return call }
    return others.isEmpty ? nil : others[task]
  }

  mutating func insert(_ call: ExecutionCall) {
    if slots.isEmpty { slots = Array(repeating: nil, count: Self.slotCount) }
    let slot = Self.slot(of: call.taskIndex)
    if slots[slot] == nil { slots[slot] = .passUnretained(call) } else { others[call.taskIndex] = .passUnretained(call) }
  }

  mutating func remove(_ call: ExecutionCall) {
    let slot = Self.slot(of: call.taskIndex)
    if slot < slots.count, slots[slot]?.toOpaque() == Unmanaged.passUnretained(call).toOpaque() {
      slots[slot] = nil
    } else if !others.isEmpty, others[call.taskIndex]?.toOpaque() == Unmanaged.passUnretained(call).toOpaque() {
      others[call.taskIndex] = nil
    }
  }

  var all: [ExecutionCall] { slots.compactMap { $0?.takeUnretainedValue() } + others.values.map { $0.takeUnretainedValue() } }

  private static func slot(of task: UInt64) -> Int { Int(truncatingIfNeeded: task) & (slotCount - 1) }
}
