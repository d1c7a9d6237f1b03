/// Calls in a row, linked through the calls themselves: adding and taking out are a few stores and never allocate.
///
/// A call is in at most one list. The list owns the calls in it; moving a call from one list to another counts nothing.
struct CallList {
  private var first: Unmanaged<ExecutionCall>?
  private var last: Unmanaged<ExecutionCall>?
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ call: ExecutionCall) { link(.passRetained(call)) }

  /// Takes over one count of the call.
  private mutating func link(_ link: Unmanaged<ExecutionCall>) {
    link._withUnsafeGuaranteedRef { call in
      call.previous = last
      call.next = nil
    }
    if let last { last._withUnsafeGuaranteedRef { $0.next = link } } else { first = link }
    last = link
    count += 1
  }

  mutating func prepend(_ call: ExecutionCall) {
    let link = Unmanaged.passRetained(call)
    call.previous = nil
    call.next = first
    if let first { first._withUnsafeGuaranteedRef { $0.previous = link } } else { last = link }
    first = link
    count += 1
  }

  mutating func popFirst() -> ExecutionCall? {
    guard let call = first?.takeUnretainedValue() else { return nil }
    remove(call)
    return call
  }

  mutating func popLast() -> ExecutionCall? {
    guard let call = last?.takeUnretainedValue() else { return nil }
    remove(call)
    return call
  }

  /// Takes out a call that is in this list.
  mutating func remove(_ call: ExecutionCall) {
    unlink(call)
    Unmanaged.passUnretained(call).release()
  }

  /// Moves the oldest call to the end of another list, and tells which it is.
  @inline(__always)
  mutating func moveFirst(to other: inout CallList) -> Unmanaged<ExecutionCall>? {
    guard let first else { return nil }
    first._withUnsafeGuaranteedRef { unlink($0) }
    other.link(first)
    return first
  }

  /// Moves a call that is in this list to the end of another one.
  @inline(__always)
  mutating func move(_ call: ExecutionCall, to other: inout CallList) {
    unlink(call)
    other.link(.passUnretained(call))
  }

  @inline(__always)
  private mutating func unlink(_ call: ExecutionCall) {
    let next = call.next
    let previous = call.previous
    if let next { next._withUnsafeGuaranteedRef { $0.previous = previous } } else { last = previous }
    if let previous { previous._withUnsafeGuaranteedRef { $0.next = next } } else { first = next }
    call.next = nil
    call.previous = nil
    count -= 1
  }

  func first(where matches: (ExecutionCall) -> Bool) -> ExecutionCall? {
    var link = first
    while let call = link?.takeUnretainedValue() {
      if matches(call) { return call }
      link = call.next
    }
    return nil
  }

  /// The calls that match, first ones first; the list may be changed while they are walked.
  func all(where matches: (ExecutionCall) -> Bool) -> [ExecutionCall] {
    var found: [ExecutionCall] = []
    var link = first
    while let call = link?.takeUnretainedValue() {
      if matches(call) { found.append(call) }
      link = call.next
    }
    return found
  }

  /// Lets go of every call; for the end of the machine.
  mutating func removeAll() { while popFirst() != nil {} }
}
