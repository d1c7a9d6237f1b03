public import MessagePack
public import RayEngine
public import RayProtocol

/// The verbs of Ray: start, put, get, wait, cancel, and questions about the cluster.
///
/// Everything but `initialize` and `shutdown` starts the embedded engine when nothing is running, as in Ray.
public enum Ray {
  // MARK: Life

  /// Starts Ray. In a worker process this never returns: call it before anything a worker must not repeat, and before several
  /// tasks use Ray at once, or use ``RayApp``. Starts again when the node of this program is gone.
  ///
  /// Throws `alreadyInitialized` when it runs with another configuration, `invalidArgument` for an unknown address.
  public static func initialize(_ configuration: RayConfiguration = .init()) async throws {
    if CurrentEngine.engine?.hasEnded == true { await Runtime.shutdown() }
    try Runtime.initialize(configuration)
  }

  /// Stops every worker and forgets every object. References that are left answer `shutDown`, except for
  /// small values that were here already.
  public static func shutdown() async { await Runtime.shutdown() }

  public static var isInitialized: Bool { CurrentEngine.engine != nil }

  /// Who and where the running code is.
  ///
  /// Outside a started Ray the identifiers are zero.
  public static var context: RuntimeContext {
    CurrentEngine.engine?.context
      ?? RuntimeContext(jobID: JobID(0), nodeID: NodeID(0), workerID: WorkerID(0), namespace: "")
  }

  // MARK: Objects

  /// Stores a value; large ones go to shared memory without an intermediate copy.
  ///
  /// Throws `encodingFailed`, `objectStoreFull` after a bounded wait, `objectTooLarge`.
  public static func put<Value: RaySerializable>(_ value: Value) throws -> ObjectRef<Value> {
    let handle = try Runtime.engine().put(byteCountHint: value.encodedByteCountHint) { writer in try writer.put(value: value) }
    return ObjectRef(__handle: handle, decoder: { reader in try reader.get(Value.self) })
  }

  @_disfavoredOverload
  public static func put<Value: Codable & Sendable>(_ value: Value) throws -> ObjectRef<Value> {
    let handle = try Runtime.engine().put(byteCountHint: 0) { writer in try writer.put(value: value) }
    return ObjectRef(__handle: handle, decoder: { reader in try reader.get(Value.self) })
  }

  /// Waits for one value.
  ///
  /// Throws the callee's own error, a ``RayError`` for failures of the system, `getTimedOut` when the time is over (zero:
  /// only what is there already) and `CancellationError` when the waiting task is cancelled.
  public static func get<Value>(_ ref: ObjectRef<Value>, timeout: Duration? = nil) async throws -> Value {
    guard let timeout else { return try await ref.value }
    try await ready([ref.handle], timeout)
    return try await ref.value
  }

  /// Waits for all values, in order. The first failed one, in order, is thrown.
  @inlinable
  public static func get<Value>(_ refs: some Sequence<ObjectRef<Value>>, timeout: Duration? = nil) async throws -> [Value] {
    let refs = Array(refs)
    try await ready(refs.map { $0.handle }, timeout)
    var values: [Value] = []
    values.reserveCapacity(refs.count)
    for ref in refs { values.append(try ref.readyValue()) }
    return values
  }

  /// Waits for values of different types.
  @_disfavoredOverload
  public static func get<each Value>(_ refs: repeat ObjectRef<each Value>) async throws -> (repeat each Value) {
    (repeat try await (each refs).value)
  }

  @usableFromInline
  static func ready(_ handles: [ObjectHandle], _ timeout: Duration?) async throws {
    guard let engine = handles.first?.engine else { return }
    if let timeout, timeout < .zero { throw RayError(.invalidArgument, "a timeout must not be negative") }
    try await engine.whenReady(handles, count: handles.count, timeout: timeout)
    guard let timeout else { return }
    let missing = handles.filter { if case .pending = engine.state(of: $0) { true } else { false } }
    guard !missing.isEmpty else { return }
    throw RayError(.getTimedOut, "\(missing.count) of \(handles.count) objects were not ready after \(timeout)")
  }

  /// Waits until `count` objects are ready or the time is over; a failed object counts as ready.
  ///
  /// Both lists keep the order of `refs`; `ready` never has more than `count`. Throws `invalidArgument` for duplicates, for a
  /// count below one or above the number of references, and for a negative timeout; an empty list gives two empty ones.
  ///
  /// A list that nobody else holds is split in place: in `pending = try await Ray.wait(pending).pending` the references that
  /// stay are not copied.
  @inlinable
  public static func wait<Value>(
    _ refs: consuming [ObjectRef<Value>], count: Int = 1, timeout: Duration? = nil, fetchLocal: Bool = true
  ) async throws -> (ready: [ObjectRef<Value>], pending: [ObjectRef<Value>]) {
    guard let first = refs.first?.handle else { return ([], []) }
    var positions = try Waiting.look(for: refs.map { $0.id }, beside: first, count, timeout)
    if positions.count < count {
      positions = try await Waiting.wait(for: refs.map { $0.handle }, count, timeout)
    }
    return (Waiting.take(positions, from: &refs), refs)
  }

  /// The references in the order in which their objects become ready.
  public static func completions<Value>(of refs: some Sequence<ObjectRef<Value>>) -> AsyncStream<ObjectRef<Value>> {
    let refs = Array(refs)
    let (stream, continuation) = AsyncStream.makeStream(of: ObjectRef<Value>.self, bufferingPolicy: .bufferingOldest(refs.count))
    let countdown = Countdown(refs.count) { continuation.finish() }
    for ref in refs {
      ref.handle.engine.onReady(ref.handle) {
        continuation.yield(ref)
        countdown.step()
      }
    }
    if refs.isEmpty { continuation.finish() }
    return stream
  }

  // MARK: Ending things

  /// Cancels the call behind a reference: a waiting one never starts, a running one sees Swift's task cancellation.
  ///
  /// - Parameters:
  ///   - ref: The result of the call.
  ///   - force: Kill the worker that runs it. Not for actors.
  ///   - recursive: Also cancel what the call has submitted.
  public static func cancel<Value>(_ ref: ObjectRef<Value>, force: Bool = false, recursive: Bool = true) async throws {
    try await ref.cancel(force: force, recursive: recursive)
  }

  /// Ends an actor at once.
  public static func kill<Actor: RayActor>(_ actor: ActorHandle<Actor>, noRestart: Bool = true) async throws {
    try await actor.kill(noRestart: noRestart)
  }

  // MARK: Finding

  /// The live actor of that name. Throws `actorNotFound`, and `actorTypeMismatch` when it is of another class.
  public static func actor<Actor: RayActor>(
    named name: String, namespace: String? = nil, as type: Actor.Type = Actor.self
  ) async throws -> ActorHandle<Actor> {
    let core = try await Runtime.engine().actor(named: name, namespace: namespace)
    guard core.className == Actor.__entry.name else {
      throw RayError(.actorTypeMismatch, "actor '\(name)' is a \(core.className), not a \(Actor.__entry.name)")
    }
    return ActorHandle(__core: core)
  }

  /// The named actors of a namespace; of this program's own when nil.
  public static func namedActors(namespace: String? = nil) async throws -> [NamedActor] {
    let engine = try Runtime.engine()
    return try await engine.namedActors(namespace: namespace ?? engine.context.namespace)
  }

  /// The nodes of the cluster.
  public static func nodes() async throws -> [NodeInfo] { try await Runtime.engine().nodes() }

  /// Everything the cluster has, in units.
  public static func clusterResources() async throws -> [String: Double] {
    try await Runtime.engine().clusterResources().amounts
  }

  /// What nobody uses right now, in units.
  public static func availableResources() async throws -> [String: Double] {
    try await Runtime.engine().availableResources().amounts
  }
}
