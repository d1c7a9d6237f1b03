/// Tasks in a row, linked through their records: a task waits in one list and then is in flight in another, never in two.
struct TaskList {
  /// Slots in the slab of tasks; `.max` = none.
  private(set) var first: UInt32 = .max
  private var last: UInt32 = .max
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  @inline(__always)
  mutating func append(_ slot: UInt32, _ record: UnsafeMutablePointer<TaskRecord>, in tasks: Slab<TaskRecord>) {
    record.pointee.next = .max
    record.pointee.previous = last
    if last == .max { first = slot } else { tasks.pointer(last).pointee.next = slot }
    last = slot
    count += 1
  }

  mutating func prepend(_ slot: UInt32, _ record: UnsafeMutablePointer<TaskRecord>, in tasks: Slab<TaskRecord>) {
    record.pointee.previous = .max
    record.pointee.next = first
    if first == .max { last = slot } else { tasks.pointer(first).pointee.previous = slot }
    first = slot
    count += 1
  }

  /// Takes out a task that is in this list.
  @inline(__always)
  mutating func remove(_ record: UnsafeMutablePointer<TaskRecord>, in tasks: Slab<TaskRecord>) {
    let next = record.pointee.next
    let previous = record.pointee.previous
    if previous == .max { first = next } else { tasks.pointer(previous).pointee.next = next }
    if next == .max { last = previous } else { tasks.pointer(next).pointee.previous = previous }
    record.pointee.next = .max
    record.pointee.previous = .max
    count -= 1
  }
}
