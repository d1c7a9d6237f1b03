package import MessagePack
package import RayEngine
package import RayProtocol
internal import Synchronization

/// The engine that runs a program on a Ray cluster: Ray's own Python core worker submits, places and fetches.
package final class ClusterEngine: Engine {
  package let name = "ray"
  let host: Host
  let table = ObjectTable()
  let submitters = Submitters()
  let identity: Identity
  private let pumpBox: Mutex<Pump?> = Mutex(nil)
  /// For everything that blocks in Ray.
  let gate = Gate()
  private let isStopped = Atomic<Bool>(false)
  /// Whether the program ends its part of the cluster when it exits; in Ray's workers and in Python programs others do.
  private let leavesAtExit: Bool
  private let waitCount = Atomic<UInt>(0)

  /// Who this process is in the cluster.
  struct Identity: Sendable {
    var job: JobID
    var node: NodeID
    var worker: WorkerID
    var namespace: String
  }

  init(host: Host, identity: Identity, leavesAtExit: Bool = false) {
    self.host = host
    self.identity = identity
    self.leavesAtExit = leavesAtExit
    let pump = Pump { [weak self] in self }
    pumpBox.withLock { $0 = pump }
  }

  /// Stops what the engine's life depends on; the handles that are left answer `shutDown`.
  package func shutdown() async {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      SystemThread.start("ray-shutdown") { [self] in
        stop()
        continuation.resume()
      }
    }
  }

  /// Blocks until Ray has let go.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    let pump = pumpBox.withLock { $0.take() }
    gate.close()
    Python.withLock { table.removeAll(keeping: PythonObject(owning: ToPython.none)) }
    gate.finish()
    pump?.stop()
    ReleaseQueue.paused { try? host.run { host in _ = try host.disconnect() } }
  }

  func checkRunning() throws {
    if isStopped.load(ordering: .acquiring) { throw RayError(.shutDown, "Ray was shut down; call Ray.initialize() again") }
  }

  /// Handlers of the program's end are called in reverse order, and Ray makes more of its objects while it is used: ours has to
  /// come before theirs.
  func stayFirstAtExit() {
    guard leavesAtExit else { return }
    let count = waitCount.wrappingAdd(1, ordering: .relaxed).newValue
    if count <= 64 || count % 1024 == 0 { ClusterStart.leaveAtExit() }
  }

  func wait(for request: ReadyRequest) {
    if let pump = pumpBox.withLock({ $0 }) { pump.submit(request) } else { request.resume() }
  }

  // MARK: Objects

  package func put(byteCountHint: Int, encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle {
    try checkRunning()
    if byteCountHint >= Self.largeByteCountMin, let large = try putLarge(byteCountHint: byteCountHint, encode) { return large }
    var writer = ByteWriter(capacity: min(byteCountHint + 128, 1 << 40))
    writer.alignmentBase = -ObjectHeader.byteCount
    try encode(&writer)
    if let failure = writer.failure { throw RayError(.encodingFailed, failure.message) }
    let kept = writer.takeKeptObjects()
    defer { withExtendedLifetime(kept) {} }
    return try host.run { host in
      let data = try writer.withUnsafeBytes { try ToPython.bytes($0) }
      let ref = try host.put([data, try ToPython.list(of: objects(behind: kept))])
      return try adoptObject(ref)
    }
  }

  /// The Python objects of handles that occur inside a value.
  func objects(behind kept: [any AnyObject & Sendable]) -> [PythonObject] {
    kept.compactMap { keeper in
      if let handle = keeper as? ObjectHandle { return table.find(handle.id)?.object }
      return (keeper as? PythonKeeper)?.object
    }
  }

  /// A handle of a reference that Python has; the lock is held.
  func adoptObject(
    _ ref: PythonObject, kind: ObjectTable.Entry.Kind = .object, isSwift: Bool = true
  ) throws -> ObjectHandle {
    let id = try host.identifier(of: ref.pointer)
    _ = table.add(id) { ObjectTable.Entry(ref, kind, isSwift: isSwift) }
    return ObjectHandle(id: id, engine: self)
  }

  package func state(of handle: ObjectHandle) -> ObjectState {
    guard let entry = table.find(handle.id) else { return .failed(Self.shutDownError.bytes) }
    switch entry.value {
    case .pending, .ready: return .pending
    case .value(_, let bytes): return .value(bytes)
    case .failed(let error): return .failed(error.bytes)
    }
  }

  private static let shutDownError = ObjectTable.FixedBytes(
    ErrorCoding.encode(RayError(.shutDown, "Ray was shut down; the object is gone")))

  package func release(_ id: ObjectID) {
    guard let entry = table.remove(id) else { return }
    switch entry.kind {
    case .object: break
    case .stream: dropStream(entry)
    case .actor: submitters.forget(ActorID(creator: id.owner, index: id.index))
    }
  }

  package func cancel(_ handle: ObjectHandle, force: Bool, recursive: Bool) async throws {
    // With Ray gone there is nothing left to cancel, and asking would start a cluster.
    guard let entry = table.find(handle.id) else { return }
    try gate.pass {
      try host.run { host in
        Python.api.retain(entry.object.pointer)
        let answer = try host.cancel([
          entry.object.pointer, ToPython.bool(force), ToPython.bool(recursive), ToPython.bool(entry.isSwift),
        ])
        guard !FromPython.isNone(answer.pointer) else { return }
        throw RayError(.invalidArgument, FromPython.string(answer.pointer))
      }
    }
  }

  // MARK: References inside values

  package func encode(_ handle: ObjectHandle, into writer: inout ByteWriter) {
    writer.keep(handle)
    guard let entry = table.find(handle.id) else { return writer.putNil() }
    append(EngineExtension.object, of: entry.object, host.encodeReference, into: &writer) { _ in [] }
  }

  func append(
    _ code: Int8, of object: PythonObject, _ function: PythonObject, into writer: inout ByteWriter,
    more: (PythonObject) throws -> [PythonPointer]
  ) {
    let bytes = try? host.run { _ -> [UInt8] in
      Python.api.retain(object.pointer)
      return Array(FromPython.bytes(try function([object.pointer] + more(object)).pointer))
    }
    guard let bytes else { return writer.putNil() }
    bytes.withUnsafeBytes { writer.putExtension(code: code, $0) }
  }

  /// What a reference that is being decoded lay in: an object that was fetched, or one among a running call's arguments.
  func outer(_ source: UnsafeRawPointer?) -> PythonPointer {
    let object = source.map(DecodeSource.from)?.object.flatMap { table.find($0)?.object }
    guard let found = object ?? RunningCall.current?.outer as? PythonObject else { return ToPython.none }
    Python.api.retain(found.pointer)
    return found.pointer
  }

  /// A reference that tells whoever reads it what is wrong with it.
  private func failedObject(_ id: ObjectID, _ error: RayError) -> ObjectHandle {
    let none = Python.withLock { PythonObject(owning: ToPython.none) }
    table.add(id) { ObjectTable.Entry(none, .object) }.fail(ErrorCoding.encode(error))
    return ObjectHandle(id: id, engine: self)
  }

  package func decodeObject(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ObjectHandle {
    let copy = bytes.withUnsafeBytes { Array($0) }
    do {
      return try host.run { host in
        try adoptObject(try host.decodeReference([try copy.withUnsafeBytes { try ToPython.bytes($0) }, outer(source)]))
      }
    } catch let error as RayError where error.code == .objectReleased && copy.count > 29 {
      return copy[1..<29].withUnsafeBytes { failedObject(Identifiers.object($0), error) }
    } catch {
      throw MessagePackError(code: .invalidValue, message: "a reference that Ray does not take: \(error)")
    }
  }
}

/// Keeps a Python object alive while a value that mentions it is on its way.
final class PythonKeeper: Sendable {
  let object: PythonObject
  init(_ object: PythonObject) { self.object = object }
}

extension Optional {
  mutating func take() -> Self {
    defer { self = nil }
    return self
  }
}
