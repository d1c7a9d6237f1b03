internal import MessagePack
internal import RayEngine
internal import RayProtocol
internal import Synchronization

/// Runs every call in this process, but through bytes and by name, as a worker would: what generated code does is all that
/// is tested with it.
final class DirectEngine: Engine {
  let name = "direct"
  private let state = Mutex(State())

  private struct State {
    var nextIndex: UInt64 = 1
    var objects: [UInt64: Object] = [:]
    var streams: [UInt64: AsyncStream<UInt64>.Iterator] = [:]
    var actors: [UInt64: Task<Instance, any Error>] = [:]
    /// The last call of each actor: class actors run one call after the other.
    var lastCalls: [UInt64: Task<Void, Never>] = [:]
    /// The names of submitted calls and the options they were submitted with.
    var submitted: [(name: String, options: TaskOptions)] = []
    var created: [ActorOptions] = []
  }

  private struct Instance: @unchecked Sendable {
    // Sendable: one call uses it at a time, see `lastCalls`.
    var object: AnyObject
    var methods: [String: ActorMethodEntry]
  }

  private struct Object {
    enum Content {
      case pending
      case value(UnsafeRawBufferPointer)
      case failed(UnsafeRawBufferPointer)
    }
    nonisolated(unsafe) var content = Content.pending  // the bytes are never freed or changed
    var waiters: [@Sendable () -> Void] = []
  }

  /// The last call that was submitted.
  var lastSubmission: (name: String, options: TaskOptions)? { state.withLock { $0.submitted.last } }
  var lastCreation: ActorOptions? { state.withLock { $0.created.last } }

  // MARK: Calls

  func submit(
    _ target: borrowing CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectHandle {
    let handle = makeHandle()
    let index = handle.id.index
    try start(target, options, arguments) { result in self.finish(index, result) }
    return handle
  }

  func submitSplit(
    _ target: borrowing CallTarget, options: TaskOptions, parts: Int, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> [ObjectHandle] {
    let handles = (0..<parts).map { _ in makeHandle() }
    let indices = handles.map(\.id.index)
    try start(target, options, arguments) { result in
      let pieces = Result { try Self.cut(result.get(), into: parts) }
      for (number, index) in indices.enumerated() { self.finish(index, pieces.map { $0[number] }) }
    }
    return handles
  }

  func submitStream(
    _ target: borrowing CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> StreamHandle {
    let completion = makeHandle()
    let index = completion.id.index
    let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self)
    state.withLock { $0.streams[index] = stream.makeAsyncIterator() }
    let sink = StreamSink { encode in
      var writer = ByteWriter()
      try encode(&writer)
      let element = self.newIndex()
      self.finish(element, .success(writer.bytes))
      continuation.yield(element)
    }
    try start(target, options, arguments, sink) { result in
      self.finish(index, result)
      continuation.finish()
    }
    return StreamHandle(completion: completion)
  }

  func nextElement(of stream: StreamHandle) async throws -> ObjectHandle? {
    let index = stream.completion.id.index
    var iterator = state.withLock { $0.streams[index] }
    if let element = await iterator?.next() { return handle(element) }
    try await whenReady(stream.completion)
    if case .failed(let bytes) = self.state(of: stream.completion) { throw TypedErrors.decode(bytes, of: stream.completion) }
    return nil
  }

  private func start(
    _ target: borrowing CallTarget, _ options: TaskOptions, _ arguments: (inout ArgumentWriter) throws -> Void,
    _ sink: StreamSink? = nil, _ done: @escaping @Sendable (Result<[UInt8], any Error>) -> Void
  ) throws {
    let bytes = try Self.encode(arguments)
    let name: String
    var actor: UInt64?
    switch copy target {
    case .python(let callee): throw callee.unsupported(by: self)
    case .function(let entry): name = entry.name
    case .method(let entry, let core): (name, actor) = (entry.name, core.id.index)
    case .namedFunction(let text): name = text
    case .namedMethod(let text, let core): (name, actor) = (text, core.id.index)
    }
    state.withLock { state in
      state.submitted.append((name, options))
      let previous = actor.flatMap { state.lastCalls[$0] }
      let instance = actor.flatMap { state.actors[$0] }
      let task = Task {
        await previous?.value
        do {
          let resolved = try await self.resolve(bytes)
          done(.success(try await self.run(name, instance, resolved, sink)))
        } catch {
          done(.failure(error))
        }
      }
      if let actor { state.lastCalls[actor] = task }
    }
  }

  private func run(
    _ name: String, _ actor: Task<Instance, any Error>?, _ bytes: UnsafeRawBufferPointer, _ sink: StreamSink?
  ) async throws -> [UInt8] {
    var writer = ByteWriter()
    if let actor {
      let instance = try await actor.value
      guard let method = instance.methods[name] else { throw RayError(.unknownFunction, name) }
      let arguments = Self.arguments(bytes, name, method.parameters)
      switch method.body {
      case .sync(let body): try body(instance.object, arguments, &writer)
      case .async(let body): try await body(instance.object, arguments, &writer)
      case .stream(let body): try await body(instance.object, arguments, sink!)
      }
    } else {
      guard let entry = RemoteRegistry.function(named: name) else { throw RayError(.unknownFunction, name) }
      let arguments = Self.arguments(bytes, name, entry.parameters)
      switch entry.body {
      case .sync(let body): try body(arguments, &writer)
      case .async(let body): try await body(arguments, &writer)
      case .stream(let body): try await body(arguments, sink!)
      }
    }
    return writer.bytes
  }

  // MARK: Actors

  func createActor(
    _ entry: ActorEntry, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore {
    let bytes = try Self.encode(arguments)
    let lifetime = makeHandle()
    let index = lifetime.id.index
    let name = entry.name
    let task = Task {
      guard let entry = RemoteRegistry.actor(named: name) else { throw RayError(.unknownActorClass, name) }
      let arguments = Self.arguments(try await self.resolve(bytes), name, entry.parameters)
      let methods = Dictionary(uniqueKeysWithValues: entry.methods.map { ($0.name, $0) })
      return Instance(object: try await entry.create(arguments), methods: methods)
    }
    state.withLock {
      $0.actors[index] = task
      $0.created.append(options)
    }
    return core(ActorID(creator: WorkerID(1), index: index), name, lifetime)
  }

  func encode(_ actor: ActorCore, into writer: inout ByteWriter) { ReferenceLayout.write(actor, into: &writer) }
  func decodeActor(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ActorCore {
    let actor = try ReferenceLayout.actor(bytes)
    return core(actor.id, actor.className, nil)
  }

  private func core(_ id: ActorID, _ className: String, _ lifetime: ObjectHandle?) -> ActorCore {
    ActorCore(id: id, className: className, maxTaskRetries: 0, maxPendingCalls: -1, lifetime: lifetime, engine: self)
  }

  // MARK: Objects

  func put(byteCountHint: Int, encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle {
    var writer = ByteWriter()
    try encode(&writer)
    let handle = makeHandle()
    finish(handle.id.index, .success(writer.bytes))
    return handle
  }

  func isReady(_ id: ObjectID) -> Bool {
    state.withLock { state in
      switch state.objects[id.index]?.content {
      case .value, .failed: true
      case .pending, nil: false
      }
    }
  }

  func state(of handle: ObjectHandle) -> ObjectState {
    state.withLock { state in
      switch state.objects[handle.id.index]?.content {
      case .value(let bytes): .value(bytes)
      case .failed(let bytes): .failed(bytes)
      case .pending, nil: .pending
      }
    }
  }

  func whenReady(_ handle: ObjectHandle) async throws {
    await withCheckedContinuation { continuation in onReady(handle) { continuation.resume() } }
  }

  func whenReady(_ handles: [ObjectHandle], count: Int, timeout: Duration?) async throws {
    for handle in handles { try await whenReady(handle) }
  }

  func onReady(_ handle: ObjectHandle, _ body: @escaping @Sendable () -> Void) {
    let isReady = state.withLock { state in
      if case .pending? = state.objects[handle.id.index]?.content {
        state.objects[handle.id.index]?.waiters.append(body)
        return false
      }
      return true
    }
    if isReady { body() }
  }

  // Objects live as long as the test's process.
  func release(_ id: ObjectID) {}
  func encode(_ handle: ObjectHandle, into writer: inout ByteWriter) { ReferenceLayout.write(handle, into: &writer) }
  func decodeObject(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ObjectHandle {
    handle(try ReferenceLayout.object(bytes).index)
  }
  func cancel(_ handle: ObjectHandle, force: Bool, recursive: Bool) async throws {}

  private func newIndex() -> UInt64 {
    state.withLock { state in
      defer { state.nextIndex += 1 }
      state.objects[state.nextIndex] = Object()
      return state.nextIndex
    }
  }

  private func makeHandle() -> ObjectHandle { handle(newIndex()) }
  private func handle(_ index: UInt64) -> ObjectHandle {
    ObjectHandle(id: ObjectID(owner: WorkerID(1), index: index), engine: self)
  }

  private func finish(_ index: UInt64, _ result: Result<[UInt8], any Error>) {
    let content: Object.Content =
      switch result {
      case .success(let bytes): .value(Self.immortal(bytes))
      case .failure(let error): .failed(Self.immortal(ErrorCoding.encode(ErrorCoding.rayError(from: error))))
      }
    nonisolated(unsafe) let settled = content  // written once, read only afterwards
    let waiters = state.withLock { state in
      state.objects[index]?.content = settled
      defer { state.objects[index]?.waiters = [] }
      return state.objects[index]?.waiters ?? []
    }
    for waiter in waiters { waiter() }
  }

  // MARK: Bytes

  private static func encode(_ arguments: (inout ArgumentWriter) throws -> Void) throws -> [UInt8] {
    try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 16) { storage in
      var writer = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
      try arguments(&writer)
      writer.finish()
      return writer.bytes.bytes
    }
  }

  private static func arguments(
    _ bytes: UnsafeRawBufferPointer, _ name: String, _ parameters: [RemoteEntry.Parameter]
  ) -> TaskArguments {
    TaskArguments(bytes, function: name, parameters: parameters, context: nil) { $0 }
  }

  /// Puts the values in the places of the references.
  private func resolve(_ bytes: [UInt8]) async throws -> sending UnsafeRawBufferPointer {
    var resolved = Array(bytes[..<2])
    var offset = 2
    while offset < bytes.count {
      let length = Int(bytes[offset + 1]) | Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3]) << 16
      let content = bytes[(offset + 5)..<(offset + 5 + length)]
      if bytes[offset] == ArgumentWriter.referenceTag {
        let index = content.dropFirst(8).prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let value = try await self.value(of: index)
        resolved += [ArgumentWriter.inlineTag] + withUnsafeBytes(of: UInt32(value.count).littleEndian) { Array($0) } + value
      } else {
        resolved += bytes[offset..<(offset + 5 + length)]
      }
      offset += 5 + length
    }
    return Self.immortal(resolved)
  }

  private func value(of index: UInt64) async throws -> [UInt8] {
    let handle = handle(index)
    try await whenReady(handle)
    switch state(of: handle) {
    case .value(let bytes): return Array(bytes)
    case .failed(let bytes): throw TypedErrors.decode(bytes, of: handle)
    case .pending: throw RayError(.internalError, "pending after it was ready")
    }
  }

  private static func cut(_ bytes: [UInt8], into parts: Int) throws -> [[UInt8]] {
    try bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
      guard try reader.getArrayHeader() == parts else { throw RayError(.internalError, "not \(parts) parts") }
      var pieces: [[UInt8]] = []
      for _ in 0..<parts {
        let start = reader.position
        try reader.skip()
        pieces.append(Array(bytes[start..<reader.position]))
      }
      return pieces
    }
  }

  private static func immortal(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    copy.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(copy)
  }

  // MARK: What these tests do not use

  func kill(_ actor: ActorCore, noRestart: Bool) async throws {}
  func actor(named name: String, namespace: String?) async throws -> ActorCore { throw RayError(.actorNotFound, name) }
  func namedActors(namespace: String?) async throws -> [NamedActor] { [] }
  var context: RuntimeContext {
    RuntimeContext(jobID: JobID(0), nodeID: NodeID(0), workerID: WorkerID(1), namespace: "")
  }
  func clusterResources() async throws -> ResourceSet { ResourceSet() }
  func availableResources() async throws -> ResourceSet { ResourceSet() }
  func nodes() async throws -> [NodeInfo] { [] }
  func shutdown() async {}
}

/// Makes a fresh engine the one of this process. Only for processes of their own: exit tests.
func installDirectEngine() -> DirectEngine {
  let engine = DirectEngine()
  CurrentEngine.install(engine)
  return engine
}
