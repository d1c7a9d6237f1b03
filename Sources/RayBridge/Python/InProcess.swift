internal import MessagePack
internal import RayEngine
internal import RayProtocol
internal import Synchronization

/// Python code that runs in this process, without a cluster.
package enum InProcess {
  /// The functions of the Python package that calls need, looked up once.
  final class Support: Sendable {
    let find, encode, decode, describe: PythonObject

    init() throws {
      find = try Self.module("swiftray.local").attribute("find")
      let values = try Self.module("swiftray.values")
      encode = try values.attribute("encode")
      decode = try values.attribute("decode")
      describe = try Self.module("swiftray.errors").attribute("describe")
    }

    private static func module(_ name: String) throws -> PythonObject {
      PythonObject(owning: try ToPython.checked(Python.api.importModule(name)))
    }
  }

  private static let made = Mutex<Support?>(nil)

  /// Starts Python where it does not run yet.
  package static func start() throws {
    if made.withLock({ $0 != nil }) { return }
    try ClusterStart.startPythonForCalls()
    try made.withLock { made in
      if made != nil { return }
      made = try Python.withLock {
        do { return try Support() } catch let failure as PythonFailure {
          throw RayError(
            .unsupported, "this Python lacks what calls from Swift need (\(failure.description)); run: pip install msgpack")
        }
      }
    }
  }

  /// The lock is held by whoever asks, and Python was started.
  static var support: Support { made.withLock { $0.unsafelyUnwrapped } }

  /// Runs `body` under Python's lock; exceptions arrive as Ray's errors.
  package static func run<Result>(_ body: () throws -> Result) throws -> Result {
    try Python.withLock {
      do { return try body() } catch let failure as PythonFailure { throw error(failure) }
    }
  }

  private static func error(_ failure: PythonFailure) -> any Error {
    guard let exception = failure.exception else { return RayError(.internalError, failure.description) }
    Python.api.retain(exception.pointer)
    guard let described = try? support.describe([exception.pointer]) else { return RayError(.taskFailed, failure.description) }
    return Host.encoded(described.pointer).withUnsafeBytes { TypedErrors.decode($0) }
  }

  // MARK: Finding

  /// What a module path or a piece of source names.
  package static func find(_ name: String, source: String?) throws -> PythonObject {
    try start()
    return try run { try support.find([try ToPython.string(name), try ToPython.optional(source)]) }
  }

  package static func module(_ name: String) throws -> PythonObject {
    try start()
    return try run { PythonObject(owning: try ToPython.checked(Python.api.importModule(name))) }
  }
}

extension PythonObject {
  package func member(_ name: String) throws -> PythonObject { try InProcess.run { try attribute(name) } }

  package func setMember<Value>(_ name: String, _ value: Value) throws {
    try InProcess.run {
      let object = try PythonConversion.object(value)
      defer { Python.api.release(object) }
      if Python.api.setAttribute(pointer, name, object) != 0 { throw PythonFailure.fetch() }
    }
  }

  package func value<Value>(as type: Value.Type) throws -> Value {
    try InProcess.run { try PythonConversion.value(pointer, as: type) }
  }

  package var text: String {
    (try? InProcess.run {
      let text = try ToPython.checked(Python.api.text(pointer))
      defer { Python.api.release(text) }
      return FromPython.string(text)
    }) ?? "a Python object"
  }

  /// Calls this object with what `fill` adds and reads the result.
  package func call<Value>(
    _ arguments: PythonArguments, as type: Value.Type, _ fill: (inout PythonArguments) throws -> Void
  ) throws -> Value {
    try InProcess.run {
      var arguments = arguments
      defer { arguments.release() }
      try fill(&arguments)
      let result = try arguments.call(pointer)
      if type == PythonObject.self { return unsafeBitCast(PythonObject(owning: result), to: Value.self) }
      defer { Python.api.release(result) }
      return try PythonConversion.value(result, as: type)
    }
  }
}

/// The arguments of a call in this process, as they are collected.
package struct PythonArguments {
  /// One place in front is left free, as CPython's calls ask for.
  private var objects: UnsafeMutablePointer<PythonPointer?>
  private var count = 0
  private var keywords: [String]

  /// - Parameter storage: Room for one more than the call has arguments.
  package init(_ storage: UnsafeMutablePointer<UnsafeMutableRawPointer?>, keywords: [String]) {
    objects = storage
    self.keywords = keywords
  }

  package mutating func append<Value>(_ value: Value) throws {
    objects[1 + count] = try PythonConversion.object(value)
    count += 1
  }

  func call(_ function: PythonPointer) throws -> PythonPointer {
    // The highest bit says that the place in front may be used.
    let flags = UInt(bitPattern: count - keywords.count) | 1 << (UInt.bitWidth - 1)
    if keywords.isEmpty { return try ToPython.checked(Python.api.vectorcall(function, objects + 1, flags, nil)) }
    let names = try ToPython.tuple(try keywords.map { try ToPython.string($0) })
    defer { Python.api.release(names) }
    return try ToPython.checked(Python.api.vectorcall(function, objects + 1, flags, names))
  }

  func release() { for index in 0..<count { Python.api.release(objects[1 + index]) } }
}
