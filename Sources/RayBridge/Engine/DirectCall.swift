/// A function of Ray's core worker with everything but the arguments filled in, which Swift calls without any Python code
/// between. Python's `submission.Direct` describes it.
final class DirectCall: Sendable {
  private let parts: PythonObject
  private let function: PythonObject
  /// In front of the list of arguments, and behind it.
  private let head, tail: [PythonObject]
  /// What the list starts with.
  private let prefix: [PythonObject]
  private let byteCountMax: Int

  /// What a submitter says about its shorter way; nil where it has none. The lock is held.
  init?(of submitter: PythonObject) {
    guard let pointer = Python.api.attribute(submitter.pointer, "direct") else {
      Python.api.clearError()
      return nil
    }
    parts = PythonObject(owning: pointer)
    let items = FromPython.tuple(pointer)
    guard items.count == 5 else { return nil }
    function = PythonObject(borrowing: items[0])
    (head, tail, prefix) = (Self.objects(items[1]), Self.objects(items[2]), Self.objects(items[3]))
    let largest = FromPython.int(items[4])
    byteCountMax = largest < 0 ? Int.max : largest
  }

  private static func objects(_ tuple: PythonPointer) -> [PythonObject] {
    FromPython.tuple(tuple).map { PythonObject(borrowing: $0) }
  }

  func takes(byteCount: Int) -> Bool { byteCount <= byteCountMax }

  /// Submits a call that has nothing but a payload, which is taken over. The lock is held.
  func callAsFunction(_ payload: PythonPointer) throws -> PythonObject {
    let list = try ToPython.checked(Python.api.makeList(prefix.count + 1))
    defer { Python.api.release(list) }
    for (index, object) in prefix.enumerated() {
      Python.api.retain(object.pointer)
      _ = Python.api.setListItem(list, index, object.pointer)
    }
    _ = Python.api.setListItem(list, prefix.count, payload)
    let results = try ToPython.checked(call(with: list))
    defer { Python.api.release(results) }
    return PythonObject(borrowing: try ToPython.checked(Python.api.listItem(results, 0)))
  }

  private func call(with list: PythonPointer) -> PythonPointer? {
    let count = head.count + 1 + tail.count
    return withUnsafeTemporaryAllocation(of: PythonPointer?.self, capacity: count + 1) { places in
      // The first place is the callee's to use: a bound method puts its object there instead of copying all the others.
      places.initialize(repeating: nil)
      for (index, object) in head.enumerated() { places[1 + index] = object.pointer }
      places[1 + head.count] = list
      for (index, object) in tail.enumerated() { places[2 + head.count + index] = object.pointer }
      let start = UnsafePointer(places.baseAddress! + 1)
      return Python.api.vectorcall(function.pointer, start, UInt(count) | Self.argumentsOffset, nil)
    }
  }

  /// CPython's `PY_VECTORCALL_ARGUMENTS_OFFSET`.
  private static var argumentsOffset: UInt { 1 << (UInt(UInt.bitWidth) - 1) }
}
