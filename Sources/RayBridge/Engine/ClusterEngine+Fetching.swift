internal import RayEngine
internal import RayProtocol

/// Reading what Ray's store holds. Python's lock is held in all of it.
extension ClusterEngine {
  /// Fetches values; false when not all of them were there in time.
  func fetch(_ entries: [ObjectTable.Entry], milliseconds: Int) throws -> Bool {
    if entries.isEmpty { return true }
    let found: PythonPointer
    do {
      found = try getObjects(entries, milliseconds)
    } catch let failure as PythonFailure where host.isTimeout(failure) {
      return false
    }
    defer { Python.api.release(found) }
    var isWhole = true
    for (index, entry) in entries.enumerated() {
      // Ray comes back with the first failure, whatever is missing by then.
      if try !resolve(entry, try ToPython.checked(Python.api.listItem(found, index))) { isWhole = false }
    }
    return isWhole
  }

  /// Ray's own function; a list of tuples of which the first two items are data and metadata.
  private func getObjects(_ entries: [ObjectTable.Entry], _ milliseconds: Int) throws -> PythonPointer {
    let list = try ToPython.list(of: entries.map(\.object))
    defer { Python.api.release(list) }
    let patience = try ToPython.int(milliseconds)
    defer { Python.api.release(patience) }
    let function = try host.directGet()
    var arguments: (PythonPointer?, PythonPointer?) = (list, patience)
    let found = withUnsafeBytes(of: &arguments) { bytes in
      Python.api.vectorcall(function.pointer, bytes.assumingMemoryBound(to: PythonPointer?.self).baseAddress, 2, nil)
    }
    return try ToPython.checked(found)
  }

  /// False when nothing is there yet.
  private func resolve(_ entry: ObjectTable.Entry, _ item: PythonPointer) throws -> Bool {
    if let data = plainData(item) {
      try entry.resolve(data)
      return true
    }
    let parts = [entry.object.pointer, item]
    for part in parts { Python.api.retain(part) }
    let raw = try host.raw(parts)
    if FromPython.isNone(raw.pointer) { return false }
    try resolve(entry, described: FromPython.tuple(raw.pointer))
    return true
  }

  /// The data of a value that every language reads; nil for everything else.
  private func plainData(_ item: PythonPointer) -> PythonPointer? {
    guard FromPython.isInstance(item, Python.api.tupleType), Python.api.tupleCount(item) >= 2 else { return nil }
    let (data, metadata) = (Python.api.tupleItem(item, 0), Python.api.tupleItem(item, 1))
    guard let data, let metadata, !FromPython.isNone(data), FromPython.isBytes(metadata) else { return nil }
    let kind = FromPython.bytes(metadata)
    return kind.isEmpty || kind.elementsEqual("XLANG".utf8) ? data : nil
  }

  private func resolve(_ entry: ObjectTable.Entry, described parts: [PythonPointer]) throws {
    guard parts.count == 2 else { throw RayError(.internalError, "a value of unknown shape") }
    switch FromPython.int(parts[0]) {
    case 0: try entry.resolve(parts[1])
    case 1: entry.resolve(try PythonBuffer(parts[1]), skipping: 0)
    case 3: entry.resolve(try LargeValue(FromPython.tuple(parts[1])))
    default: entry.fail(Host.encoded(parts[1]))
    }
  }
}

extension ObjectTable.Entry {
  /// Takes a buffer that starts with Ray's header.
  fileprivate func resolve(_ data: PythonPointer) throws {
    let buffer = try PythonBuffer(data)
    // Small values are copied: giving a buffer back takes Python's lock, once for each.
    guard buffer.bytes.count <= SmallValue.byteCountMax else { return resolve(buffer, skipping: ObjectHeader.byteCount) }
    resolve(SmallValue(copying: buffer.bytes), skipping: ObjectHeader.byteCount)
  }
}

/// A copy of a value that was small.
final class SmallValue: @unchecked Sendable {
  // Sendable: written before it is shared, never changed.
  static var byteCountMax: Int { 1 << 12 }

  let bytes: UnsafeRawBufferPointer

  init(copying bytes: UnsafeRawBufferPointer) {
    // Arrays inside are aligned as far as the buffer's start is.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    memory.copyMemory(from: bytes)
    self.bytes = UnsafeRawBufferPointer(memory)
  }

  deinit { bytes.deallocate() }
}
