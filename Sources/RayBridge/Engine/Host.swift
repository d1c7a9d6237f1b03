internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// The functions of Python's `swiftray.host`, looked up once.
final class Host: Sendable {
  let connect, disconnect, taskSubmitter, methodSubmitter, createActor, pythonSubmitter, createPythonActor, findActor, adoptActor,
    namedActors, kill: PythonObject
  let put, putLarge, directGet, raw, wait, nextElement, cancel, context, resources, nodes, describe: PythonObject
  let decodeReference, encodeReference, encodeActor: PythonObject
  private let binary, timeout: PythonObject

  /// What this library and the Python package must agree on.
  private static let abi = 1

  /// Imports the package; the lock is held.
  init() throws {
    let host = try Self.module("swiftray.host")
    let abi = FromPython.int(try host.attribute("ABI").pointer)
    guard abi == Self.abi else {
      throw RayError(
        .unsupported,
        "the Python package swiftray speaks version \(abi) where this program speaks \(Self.abi); install the one that came with the "
          + "library")
    }
    connect = try host.attribute("connect")
    disconnect = try host.attribute("disconnect")
    taskSubmitter = try host.attribute("task_submitter")
    methodSubmitter = try host.attribute("method_submitter")
    createActor = try host.attribute("create_actor")
    pythonSubmitter = try host.attribute("python_submitter")
    createPythonActor = try host.attribute("create_python_actor")
    findActor = try host.attribute("find_actor")
    adoptActor = try host.attribute("adopt_actor")
    namedActors = try host.attribute("named_actors")
    kill = try host.attribute("kill")
    put = try host.attribute("put")
    putLarge = try host.attribute("put_large")
    directGet = try host.attribute("direct_get")
    raw = try host.attribute("raw")
    wait = try host.attribute("wait")
    nextElement = try host.attribute("next_element")
    cancel = try host.attribute("cancel")
    context = try host.attribute("context")
    resources = try host.attribute("resources")
    nodes = try host.attribute("nodes")
    let values = try Self.module("swiftray.values")
    decodeReference = try values.attribute("decode_reference")
    encodeReference = try values.attribute("encode_reference")
    encodeActor = try values.attribute("encode_actor")
    describe = try Self.module("swiftray.errors").attribute("describe")
    let ray = try Self.module("ray")
    binary = try ray.attribute("ObjectRef").attribute("binary")
    timeout = try ray.attribute("exceptions").attribute("GetTimeoutError")
  }

  /// The name of what an `ObjectRef` refers to; the lock is held.
  func identifier(of ref: PythonPointer) throws -> ObjectID {
    var argument: PythonPointer? = ref
    let bytes = try ToPython.checked(Python.api.vectorcall(binary.pointer, &argument, 1, nil))
    defer { Python.api.release(bytes) }
    return Identifiers.object(FromPython.bytes(bytes))
  }

  /// Whether an exception says that the time was over.
  func isTimeout(_ failure: PythonFailure) -> Bool {
    failure.exception.map { FromPython.isInstance($0.pointer, timeout.pointer) } ?? false
  }

  private static func module(_ name: String) throws -> PythonObject {
    PythonObject(owning: try ToPython.checked(Python.api.importModule(name)))
  }

  // MARK: Failures

  /// A Python exception as bytes that every receiver of errors understands; the lock is held.
  func encoded(_ failure: PythonFailure) -> [UInt8] {
    guard let exception = failure.exception else { return ErrorCoding.encode(RayError(.internalError, failure.description)) }
    Python.api.retain(exception.pointer)
    guard let described = try? describe([exception.pointer]) else {
      return ErrorCoding.encode(RayError(.taskFailed, failure.description))
    }
    return Self.encoded(described.pointer)
  }

  /// What `errors.describe` says, as bytes.
  static func encoded(_ described: PythonPointer) -> [UInt8] {
    let parts = FromPython.tuple(described)
    guard parts.count == 6 else { return ErrorCoding.encode(RayError(.internalError, "an error of unknown shape")) }
    let payload = FromPython.bytes(parts[0])
    if !payload.isEmpty { return Array(payload) }
    return ErrorCoding.encode(rayError(parts))
  }

  private static func rayError(_ parts: [PythonPointer]) -> RayError {
    let name = FromPython.string(parts[1])
    let code = RayError.Code.Value.allCases.first { "\($0)" == name } ?? .taskFailed
    var details = RayError.Details()
    let type = FromPython.string(parts[3])
    details.errorType = type.isEmpty ? nil : type
    details.backtrace = FromPython.list(parts[4]).map(FromPython.string)
    if !FromPython.isNone(parts[5]) {
      details.cause = encoded(parts[5]).withUnsafeBytes { TypedErrors.decode($0) }
    }
    return RayError(.init(code), FromPython.string(parts[2]), details: details)
  }

  /// A Python exception as the error that Swift code catches.
  func error(_ failure: PythonFailure) -> any Error {
    if failure.isInterrupt, RunningCall.strike() { return RayError(.taskCancelled, "the call was cancelled while it ran") }
    return encoded(failure).withUnsafeBytes { TypedErrors.decode($0) }
  }

  /// Runs `body` under Python's lock; exceptions arrive as Ray's errors.
  func run<Result>(_ body: (Host) throws -> Result) throws -> Result {
    try Python.withLock {
      do { return try body(self) } catch let failure as PythonFailure { throw error(failure) }
    }
  }
}

extension PythonFailure {
  /// How Ray cancels what a worker's main thread runs.
  var isInterrupt: Bool { exception.map { FromPython.isInstance($0.pointer, Python.api.keyboardInterrupt) } ?? false }
}
