package import MessagePack
package import RayEngine
internal import RayOwnership
package import RayProtocol
internal import RayTransport
internal import Synchronization

/// The engine that needs nothing but the binary: calls go to worker processes of this machine over sockets.
package final class EmbeddedEngine: Engine {
  package let name = "embedded"
  let worker: CoreWorker
  let isDriver: Bool
  let namespace: String
  /// Stops the node of a driver. Given up with the first use, and the node with it: engines live as long as the process.
  private let stop: Mutex<(@Sendable () -> Void)?>
  let queues = Mutex<[QueueKey: QueueRecord]>([:])
  /// Tells this engine's function numbers from those of an earlier one in the same process; 1...4095.
  let generation: Int
  private static let engineCount = Atomic<Int>(0)

  init(worker: CoreWorker, isDriver: Bool, namespace: String, stopNode: @escaping @Sendable () -> Void = {}) {
    self.worker = worker
    self.isDriver = isDriver
    self.namespace = namespace
    stop = Mutex(stopNode)
    generation = (Self.engineCount.add(1, ordering: .relaxed).newValue - 1) % 4095 + 1
  }

  func stopNode() {
    let stop = stop.withLock { $0.take() }
    stop?()
  }

  // MARK: Calls

  package func submit(
    _ target: CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectHandle {
    ObjectHandle(id: try withSubmission(target, options, arguments) { $0.submit($1) }, engine: self)
  }

  package func submitSplit(
    _ target: CallTarget, options: TaskOptions, parts: Int, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> [ObjectHandle] {
    try withSubmission(target, options, arguments) { $0.submitSplit($1, count: parts) }
      .map { ObjectHandle(id: $0, engine: self) }
  }

  package func submitStream(
    _ target: CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> StreamHandle {
    let window = options.values.streamWindow ?? Int(CoreMachine.streamWindow)
    guard window > 0, window <= Int32.max else {
      throw RayError(.invalidArgument, "streamWindow must be 1 or more, not \(window)")
    }
    let id = try withSubmission(target, options, arguments) { $0.submitStream($1, window: UInt64(window)) }
    return StreamHandle(completion: ObjectHandle(id: id, engine: self))
  }

  /// Encodes the arguments outside the lock, then submits.
  @inline(__always)
  private func withSubmission<R>(
    _ target: CallTarget, _ options: TaskOptions, _ arguments: (inout ArgumentWriter) throws -> Void,
    _ submit: (CoreMachine, borrowing TaskSubmission) -> R
  ) throws -> R {
    let route = try route(target, options)
    return try withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { storage in
      var writer = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
      try arguments(&writer)
      writer.finish()
      try checkArguments(writer.bytes.count, limit: worker.argumentByteCountMax)
      let kept = writer.bytes.takeKeptObjects()
      let parent = Runner.currentToken
      let result = try writer.bytes.withUnsafeBytes { bytes in
        let submission = TaskSubmission(
          queue: route.queue, actor: route.actor, function: route.function, arguments: bytes,
          references: Self.references(writer.direct, kept), retries: route.retries, retryThrown: route.retryThrown,
          parent: parent)
        return try worker.withMachine { machine in
          if worker.state.isShutDown { throw RayError(.shutDown, "Ray was shut down; call Ray.initialize() again") }
          if route.maxPendingCalls >= 0 { try checkPendingCalls(route, machine) }
          return submit(machine, submission)
        }
      }
      withExtendedLifetime(kept) {}
      return result
    }
  }

  @inline(__always)
  func checkArguments(_ byteCount: Int, limit: Int) throws {
    if byteCount > limit { throw Self.argumentsTooLarge(byteCount, limit) }
  }

  private static func argumentsTooLarge(_ byteCount: Int, _ limit: Int) -> RayError {
    RayError(
      .objectTooLarge,
      "the arguments have \(byteCount) bytes, at most \(limit) can be passed by value; put large ones with Ray.put and pass "
        + "references, or start with a larger objectStoreMemory")
  }

  /// What the arguments refer to; nil for the many calls that refer to nothing.
  @inline(__always)
  private static func references(_ direct: [ObjectHandle], _ kept: [AnyObject]) -> ArgumentReferences? {
    if direct.isEmpty, kept.isEmpty { return nil }
    return ArgumentReferences(
      direct: direct.map { $0.id }, nested: kept.compactMap { ($0 as? ObjectHandle)?.id })
  }

  private func checkPendingCalls(_ route: Route, _ machine: CoreMachine) throws {
    guard let actor = route.actor, machine.pendingCallCount(actor) >= route.maxPendingCalls else { return }
    throw RayError(
      .pendingCallsLimitExceeded, "\(route.maxPendingCalls) calls are unfinished, as many as maxPendingCalls allows")
  }

  // MARK: Objects

  package func put(byteCountHint: Int, encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle {
    if byteCountHint > inlineResultByteCountMax {
      let value = try worker.storeEncoding(byteCountHint: byteCountHint, encode)
      return try put(value)
    }
    return try withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 64) { storage in
      var writer = ByteWriter(borrowing: UnsafeMutableRawBufferPointer(storage))
      try encode(&writer)
      if let failure = writer.failure { throw RayError(.encodingFailed, failure.message) }
      let kept = writer.takeKeptObjects()
      let id = try writer.withUnsafeBytes { bytes in
        let part = try worker.part(bytes, references: kept, for: worker.id)
        return try put(part)
      }
      withExtendedLifetime(kept) {}
      return ObjectHandle(id: id, engine: self)
    }
  }

  private func put(_ value: CoreWorker.StoredValue) throws -> ObjectHandle {
    let ids = value.kept.compactMap { ($0 as? ObjectHandle)?.id }
    let id: ObjectID
    if let descriptor = value.descriptor {
      id = try put(ResultPart(place: .stored, bytes: .init(start: nil, count: 0), descriptor: descriptor, references: ids))
    } else {
      id = try (value.inline ?? []).withUnsafeBytes { try put(ResultPart(place: .inline, bytes: $0, references: ids)) }
    }
    withExtendedLifetime(value.kept) {}
    return ObjectHandle(id: id, engine: self)
  }

  private func put(_ part: ResultPart) throws -> ObjectID {
    try worker.withMachine { machine throws(RayError) in
      if worker.state.isShutDown { throw RayError(.shutDown, "Ray was shut down; call Ray.initialize() again") }
      return machine.put(part)
    }
  }

  package func isReady(_ id: ObjectID) -> Bool { worker.lock.withLock { worker.machine.isReady(id) } }

  package var hasEnded: Bool { worker.lock.withLock { worker.state.isShutDown } }

  package func readiness(of ids: [ObjectID], enough: Int) -> Readiness {
    worker.lock.withLock {
      var result = Readiness()
      result.hasDuplicates = worker.machine.hasDuplicates(ids)
      for position in 0..<ids.count where worker.machine.isReady(ids[position]) {
        result.ready.append(position)
        if result.ready.count >= enough { break }
      }
      return result
    }
  }

  package func state(of handle: ObjectHandle) -> ObjectState {
    let snapshot = worker.lock.withLock { worker.machine.snapshot(handle.id) }
    switch snapshot {
    case .pending: return .pending
    case .inline(let bytes): return .value(bytes)
    case .failed(let bytes): return .failed(bytes)
    case .stored(let descriptor):
      do {
        return .value(try worker.read(descriptor))
      } catch {
        return .failed(UnsafeRawBufferPointer(Self.leakedBytes(ErrorCoding.encode(ErrorCoding.rayError(from: error)))))
      }
    }
  }

  /// A store that contradicts itself is reported once per look; the few bytes live on with the process.
  private static func leakedBytes(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyBytes(from: bytes)
    return memory
  }

  package func whenReady(_ handle: ObjectHandle) async throws {
    try await worker.whenReady(handle.id)
    withExtendedLifetime(handle) {}
  }

  package func whenReady(_ handles: [ObjectHandle], count: Int, timeout: Duration?) async throws {
    try await worker.whenReady(handles.map(\.id), count: count, timeout: timeout)
    withExtendedLifetime(handles) {}
  }

  package func onReady(_ handle: ObjectHandle, _ body: @escaping @Sendable () -> Void) {
    let waits = worker.withMachine { $0.wait(CallbackWaiter(body), for: handle.id) }
    if !waits { body() }
  }

  package func release(_ id: ObjectID) { worker.release(id) }

  func adopt(_ id: ObjectID, source: UnsafeRawPointer?) -> ObjectHandle {
    let source = source.map(DecodeSource.from)
    worker.touchMachine { $0.adopt(id, call: source?.call as? ExecutionCall, source: source?.object) }
    return ObjectHandle(id: id, engine: self)
  }

  package func cancel(_ handle: ObjectHandle, force: Bool, recursive: Bool) async throws {
    worker.withMachine { $0.cancel(handle.id, force: force, recursive: recursive) }
    worker.flush()
  }

  // MARK: Streams

  package func nextElement(of stream: StreamHandle) async throws -> ObjectHandle? {
    let id = stream.completion.id
    while true {
      let waiter = ContinuationWaiter()
      let step = worker.withMachine { $0.nextElement(of: id) }
      switch step {
      case .element(let element): return ObjectHandle(id: element, engine: self)
      case .ended: return try endOfStream(stream)
      case .pending:
        try await worker.suspend(waiter, ids: { [] }) { $0.waitForElement(of: id, waiter) }
      }
    }
  }

  /// A failed stream yields its error once, after its elements.
  private func endOfStream(_ stream: StreamHandle) throws -> ObjectHandle? {
    if case .failed(let bytes) = state(of: stream.completion) { throw TypedErrors.decode(bytes, of: stream.completion) }
    return nil
  }
}
