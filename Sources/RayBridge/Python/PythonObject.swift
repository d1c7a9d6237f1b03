internal import RayProtocol

/// Owns one reference to a Python object. May be dropped on any thread, with or without Python's lock.
package final class PythonObject: @unchecked Sendable {
  // Sendable: the pointer never changes; the object behind it is touched with Python's lock held.
  let pointer: PythonPointer

  /// Takes over a reference that the caller owns.
  init(owning pointer: PythonPointer) { self.pointer = pointer }

  /// Adds a reference to what somebody else owns; the lock must be held.
  init(borrowing pointer: PythonPointer) {
    Python.api.retain(pointer)
    self.pointer = pointer
  }

  deinit { ReleaseQueue.add(pointer) }
}

// Everything below needs Python's lock.

/// Makes Python objects of Swift values. Every function returns a reference that the caller owns.
enum ToPython {
  static func checked(_ pointer: PythonPointer?) throws -> PythonPointer {
    guard let pointer else { throw PythonFailure.fetch() }
    return pointer
  }

  static var none: PythonPointer {
    Python.api.retain(Python.api.none)
    return Python.api.none
  }

  static func bool(_ value: Bool) -> PythonPointer { Python.api.makeBool(value ? 1 : 0)! }
  static func int(_ value: Int) throws -> PythonPointer { try checked(Python.api.makeLong(Int64(value))) }
  static func float(_ value: Double) throws -> PythonPointer { try checked(Python.api.makeFloat(value)) }

  static func string(_ value: String) throws -> PythonPointer {
    var value = value
    return try value.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { try checked(Python.api.makeString($0.baseAddress, $0.count)) }
    }
  }

  static func bytes(_ value: UnsafeRawBufferPointer) throws -> PythonPointer {
    try value.withMemoryRebound(to: CChar.self) { try checked(Python.api.makeBytes($0.baseAddress, $0.count)) }
  }

  /// Bytes that `fill` writes into Python's memory.
  static func bytes(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) throws -> PythonPointer {
    let object = try checked(Python.api.makeBytes(nil, count))
    fill(UnsafeMutableRawBufferPointer(start: Python.api.bytes(object), count: count))
    return object
  }

  /// A tuple that takes over its items.
  static func tuple(_ items: [PythonPointer]) throws -> PythonPointer {
    let tuple = try checked(Python.api.makeTuple(items.count))
    for (index, item) in items.enumerated() { _ = Python.api.setTupleItem(tuple, index, item) }
    return tuple
  }

  /// A list that takes over its items.
  static func list(_ items: [PythonPointer]) throws -> PythonPointer {
    let list = try checked(Python.api.makeList(items.count))
    for (index, item) in items.enumerated() { _ = Python.api.setListItem(list, index, item) }
    return list
  }

  /// A list of objects that stay their owners'.
  static func list(of objects: [PythonObject]) throws -> PythonPointer {
    try list(
      objects.map {
        Python.api.retain($0.pointer)
        return $0.pointer
      })
  }

  static func option(_ value: OptionValue) throws -> PythonPointer {
    switch value {
    case .none: none
    case .bool(let value): bool(value)
    case .int(let value): try int(value)
    case .double(let value): try float(value)
    case .string(let value): try string(value)
    case .bytes(let value): try value.withUnsafeBytes { try bytes($0) }
    case .tuple(let values): try tuple(try values.map(option))
    case .list(let values): try list(try values.map(option))
    case .map(let values): try dictionary(values)
    }
  }

  static func dictionary(_ values: [String: OptionValue]) throws -> PythonPointer {
    let result = try checked(Python.api.makeDictionary())
    for (name, value) in values {
      let (key, item) = (try string(name), try option(value))
      _ = Python.api.setDictionaryItem(result, key, item)
      Python.api.release(key)
      Python.api.release(item)
    }
    return result
  }
}

/// A value of an option as it goes to Python.
indirect enum OptionValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case tuple([OptionValue])
  case list([OptionValue])
  case map([String: OptionValue])
}

/// Reads Python objects that somebody else owns.
enum FromPython {
  static func string(_ object: PythonPointer) -> String {
    var count = 0
    guard let bytes = Python.api.stringBytes(object, &count) else {
      Python.api.clearError()
      return ""
    }
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  static func bytes(_ object: PythonPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: Python.api.bytes(object), count: max(0, Python.api.byteCount(object)))
  }

  static func isBytes(_ object: PythonPointer) -> Bool { isInstance(object, Python.api.bytesType) }
  static func isString(_ object: PythonPointer) -> Bool { isInstance(object, Python.api.stringType) }
  static func isNone(_ object: PythonPointer) -> Bool { object == Python.api.none }

  static func isInstance(_ object: PythonPointer, _ type: PythonPointer) -> Bool {
    guard let own = Python.api.type(object) else { return false }
    defer { Python.api.release(own) }
    return own == type || Python.api.isSubtype(own, type) != 0
  }

  static func int(_ object: PythonPointer) -> Int { Int(Python.api.long(object)) }
  static func bool(_ object: PythonPointer) -> Bool { Python.api.isTrue(object) == 1 }
  static func double(_ object: PythonPointer) -> Double { Python.api.float(object) }

  /// The items of a tuple, which owns them.
  static func tuple(_ object: PythonPointer) -> [PythonPointer] {
    (0..<max(0, Python.api.tupleCount(object))).map { Python.api.tupleItem(object, $0)! }
  }

  static func list(_ object: PythonPointer) -> [PythonPointer] {
    (0..<max(0, Python.api.listCount(object))).map { Python.api.listItem(object, $0)! }
  }

  static func amounts(_ object: PythonPointer) -> [String: Double] {
    var (position, result) = (0, [String: Double]())
    var key: PythonPointer?
    var value: PythonPointer?
    while Python.api.nextDictionaryItem(object, &position, &key, &value) != 0 {
      if let key, let value { result[string(key)] = double(value) }
    }
    return result
  }
}

/// Memory of a Python object that supports the buffer protocol, held until the last owner is gone.
final class PythonBuffer: @unchecked Sendable {
  // Sendable: set once; the memory belongs to Ray's store or to immutable bytes.
  private let view: UnsafeMutablePointer<PythonBufferView>
  let bytes: UnsafeRawBufferPointer

  init(_ object: PythonPointer) throws {
    view = .allocate(capacity: 1)
    view.initialize(to: PythonBufferView())
    // 0 = PyBUF_SIMPLE: one contiguous run of bytes.
    guard Python.api.getBuffer(object, view, 0) == 0 else {
      view.deallocate()
      throw PythonFailure.fetch()
    }
    bytes = UnsafeRawBufferPointer(start: view.pointee.start, count: view.pointee.count)
  }

  deinit {
    Python.withLock { Python.api.releaseBuffer(view) }
    view.deallocate()
  }
}

/// A Python exception.
struct PythonFailure: Error, CustomStringConvertible {
  let exception: PythonObject?
  let description: String

  /// Takes the exception that the last call left behind.
  static func fetch() -> PythonFailure {
    var type: PythonPointer?
    var value: PythonPointer?
    var traceback: PythonPointer?
    Python.api.fetchError(&type, &value, &traceback)
    Python.api.normalizeError(&type, &value, &traceback)
    guard let value else { return PythonFailure(exception: nil, description: "Python failed without saying why") }
    if let traceback { _ = Python.api.setTraceback(value, traceback) }
    let name = type.flatMap { Python.api.attribute($0, "__name__") }
    let text = Python.api.text(value)
    let description = "\(name.map(FromPython.string) ?? "exception"): \(text.map(FromPython.string) ?? "")"
    for object in [type, traceback, name, text] { if let object { Python.api.release(object) } }
    Python.api.clearError()
    return PythonFailure(exception: PythonObject(owning: value), description: description)
  }
}

extension PythonObject {
  /// Calls this object; takes over the arguments.
  func callAsFunction(_ arguments: [PythonPointer] = []) throws -> PythonObject {
    let tuple = try ToPython.tuple(arguments)
    defer { Python.api.release(tuple) }
    return PythonObject(owning: try ToPython.checked(Python.api.call(pointer, tuple)))
  }

  func attribute(_ name: String) throws -> PythonObject {
    PythonObject(owning: try ToPython.checked(Python.api.attribute(pointer, name)))
  }
}
