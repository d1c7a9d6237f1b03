internal import CRayShims
internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// The functions of module `_swiftray`.
enum WorkerFunctions {
  /// Makes the module; the lock is held.
  static func install() throws -> PythonPointer {
    try NativeModule.install([
      ("run", { _, arguments, count in NativeModule.answer { try WorkerFunctions.run(arguments, count, splits: false) } }),
      ("run_split", { _, arguments, count in NativeModule.answer { try WorkerFunctions.run(arguments, count, splits: true) } }),
      ("start", { _, arguments, count in NativeModule.answer { try WorkerFunctions.start(arguments, count, splits: false) } }),
      (
        "start_split",
        { _, arguments, count in NativeModule.answer { try WorkerFunctions.start(arguments, count, splits: true) } }
      ),
      ("cancel", { _, arguments, count in NativeModule.answer { try WorkerFunctions.cancel(arguments, count) } }),
      (
        "interrupt",
        { _, _, _ in
          NativeModule.answer {
            ToPython.bool(WorkerState.interrupt())
          }
        }
      ),
      (
        "main_queue",
        { _, _, _ in
          NativeModule.answer {
            Python.withoutLock { cray_run_main_queue() }
            return ToPython.none
          }
        }
      ),
      ("free", { _, arguments, count in NativeModule.answer { try WorkerFunctions.free(arguments, count) } }),
      ("stream_open", { _, arguments, count in NativeModule.answer { try WorkerFunctions.openStream(arguments, count) } }),
      ("stream_next", { _, arguments, count in NativeModule.answer { try WorkerFunctions.nextElement(arguments, count) } }),
      (
        "stream_next_async",
        { _, arguments, count in NativeModule.answer { try WorkerFunctions.nextElementLater(arguments, count) } }
      ),
      ("stream_close", { _, arguments, count in NativeModule.answer { try WorkerFunctions.closeStream(arguments, count) } }),
      ("main", { _, arguments, count in NativeModule.answer { try WorkerFunctions.main(arguments, count) } }),
      ("names", { _, arguments, count in NativeModule.answer { try WorkerFunctions.names(arguments, count) } }),
      (
        "functions",
        { _, arguments, count in
          NativeModule.answer { try Signatures.functions(named: try WorkerFunctions.name(arguments, count)) }
        }
      ),
      (
        "actor",
        { _, arguments, count in NativeModule.answer { try Signatures.actor(named: try WorkerFunctions.name(arguments, count)) } }
      ),
    ])
  }

  // MARK: Arguments

  typealias Arguments = UnsafePointer<PythonPointer?>?

  private static func argument(_ arguments: Arguments, _ count: Int, _ index: Int) throws -> PythonPointer {
    guard index < count, let value = arguments?[index] else {
      throw RayError(.invalidArgument, "a function of _swiftray was called with \(count) arguments")
    }
    return value
  }

  /// `(payload, values, instance)` and at `outerIndex` the object to borrow through; the buffers are held as long as the call runs.
  private static func incoming(_ arguments: Arguments, _ count: Int, outerIndex: Int) throws -> (IncomingCall, [any Sendable]) {
    let payload = try PythonBuffer(try argument(arguments, count, 0))
    let objects = FromPython.tuple(try argument(arguments, count, 1))
    let token = FromPython.int(try argument(arguments, count, 2))
    let values = try objects.map { try ArgumentBytes($0) }
    let frame = try CallFrame(parsing: payload.bytes)
    var call = IncomingCall(
      frame: frame,
      value: { index in
        guard values.indices.contains(index) else {
          throw RayError(.protocolViolation, "\(frame.name): argument value \(index) of \(values.count)")
        }
        return values[index].bytes
      },
      instance: token == 0 ? nil : WorkerState.instance(token))
    if outerIndex < count, let outer = arguments?[outerIndex], !FromPython.isNone(outer) {
      call.outer = PythonObject(borrowing: outer)
    }
    return (call, [payload] + values)
  }

  /// An argument's value where it lies: in Ray's store, or translated.
  private struct ArgumentBytes: @unchecked Sendable {
    // Sendable: the bytes do not change, and `owner` keeps them.
    let owner: any AnyObject & Sendable
    let bytes: UnsafeRawBufferPointer

    init(_ object: PythonPointer) throws {
      if FromPython.isInstance(object, Python.api.tupleType) {
        let large = try LargeValue(FromPython.tuple(object))
        (owner, bytes) = (large, large.bytes)
      } else {
        let buffer = try PythonBuffer(object)
        // What was translated is bytes; what lies in the store has Ray's header.
        let offset = FromPython.isBytes(object) ? 0 : ObjectHeader.byteCount
        (owner, bytes) = (buffer, UnsafeRawBufferPointer(rebasing: buffer.bytes.dropFirst(offset)))
      }
    }
  }

  // MARK: Results

  private enum Kind: Int { case value, failed, retry, cancelled, parts }

  private static func result(_ kind: Kind, _ data: PythonPointer, _ refs: PythonPointer? = nil) throws -> PythonPointer {
    try ToPython.tuple([try ToPython.int(kind.rawValue), data, refs ?? ToPython.none])
  }

  static func python(_ outcome: Outcome, splits: Bool = false) throws -> PythonPointer {
    switch outcome {
    case .value(let value) where splits: return try parts(value)
    case .value(let value): return try result(.value, try ToPython.bytes(value.bytes), try references(value))
    case .created(let instance): return try result(.value, try ToPython.int(WorkerState.add(instance)))
    case .cancelled: return try result(.cancelled, ToPython.none)
    case .failed(let failure): return try failed(failure)
    }
  }

  private static func parts(_ value: EncodedValue) throws -> PythonPointer {
    do {
      let parts = try TupleParts.cut(value.bytes).map { try ToPython.bytes($0) }
      return try result(.parts, try ToPython.tuple(parts), try references(value))
    } catch let error as RayError {
      return try failed(FailedCall(error, retryOn: []))
    }
  }

  private static func failed(_ failure: FailedCall) throws -> PythonPointer {
    let description = try ToPython.tuple([
      try ToPython.string(failure.text), try ToPython.string(failure.typeName),
      try failure.payload.withUnsafeBytes { try ToPython.bytes($0) },
    ])
    return try result(failure.isListed ? .retry : .failed, description)
  }

  private static func references(_ value: EncodedValue) throws -> PythonPointer? {
    guard !value.kept.isEmpty, let engine = CurrentEngine.engine as? ClusterEngine else { return nil }
    return try ToPython.list(of: engine.objects(behind: value.kept))
  }

  // MARK: Calls

  private static func run(_ arguments: Arguments, _ count: Int, splits: Bool) throws -> PythonPointer {
    try ensureEngine()
    let (call, buffers) = try incoming(arguments, count, outerIndex: 3)
    let isMain = WorkerState.isOnMainThread
    var outer: RunningCall?
    let outcome = Python.withoutLock {
      Execution.run(call, on: WorkerState.threadExecutor(), headerByteCount: 0) { running in
        if isMain { outer = WorkerState.setMainCall(running) }
      }
    }
    if isMain { WorkerState.setMainCall(outer) }
    withExtendedLifetime(buffers) {}
    return try python(outcome, splits: splits)
  }

  /// `(payload, values, instance, answer)`: returns a token at once; `answer` is called with the result.
  private static func start(_ arguments: Arguments, _ count: Int, splits: Bool) throws -> PythonPointer {
    try ensureEngine()
    let (call, buffers) = try incoming(arguments, count, outerIndex: 4)
    let answer = PythonObject(borrowing: try argument(arguments, count, 3))
    let token = Python.withoutLock {
      let started = Execution.start(call, on: WorkerState.actorExecutor, headerByteCount: 0) { outcome in
        withExtendedLifetime(buffers) {}
        reply(answer) { try python(outcome, splits: splits) }
      }
      return WorkerState.add(started)
    }
    return try ToPython.int(token)
  }

  private static func reply(_ answer: PythonObject, _ result: () throws -> PythonPointer) {
    Python.withLock {
      do {
        _ = try answer([try result()])
      } catch {
        // The loop that waits for the answer is gone: the worker is ending.
        Python.api.clearError()
      }
    }
  }

  private static func cancel(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    let token = FromPython.int(try argument(arguments, count, 0))
    Python.withoutLock { WorkerState.call(token)?.cancel() }
    return ToPython.none
  }

  private static func free(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    let token = FromPython.int(try argument(arguments, count, 0))
    WorkerState.forgetInstance(token)
    WorkerState.forgetCall(token)
    return ToPython.none
  }

  // MARK: Streams

  private static func openStream(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    try ensureEngine()
    let (call, buffers) = try incoming(arguments, count, outerIndex: 3)
    let stream = OutgoingStream()
    let executor = call.instance.map { $0.entry.isConcurrent } == true ? WorkerState.actorExecutor : ServingThread()
    let token = WorkerState.add(stream)
    let isOwn = executor !== WorkerState.actorExecutor
    Python.withoutLock {
      stream.start(call, on: executor)
      if WorkerState.isOnMainThread { WorkerState.beginMainStream(stream.call) }
      // The thread that takes the elements cannot serve the code that yields them.
      if isOwn {
        SystemThread.start("ray-stream") {
          executor.serve { stream.call?.outcome != nil }
          withExtendedLifetime(buffers) {}
        }
      }
    }
    withExtendedLifetime(buffers) {}
    return try ToPython.int(token)
  }

  private static func nextElement(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    guard let stream = WorkerState.stream(FromPython.int(try argument(arguments, count, 0))) else { return ToPython.none }
    while true {
      if let step = Python.withoutLock({ stream.next() }) { return try python(step) }
      // Cancelled by Ray?
      if Python.api.checkSignals() != 0 {
        stream.close()
        throw PythonFailure.fetch()
      }
    }
  }

  private static func python(_ step: OutgoingStream.Step) throws -> PythonPointer {
    switch step {
    case .element(let value): try python(.value(value))
    case .ended(.value), .ended(.created): ToPython.none
    case .ended(let outcome): try python(outcome)
    }
  }

  private static func nextElementLater(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    guard let stream = WorkerState.stream(FromPython.int(try argument(arguments, count, 0))) else { return ToPython.none }
    let answer = PythonObject(borrowing: try argument(arguments, count, 1))
    Python.withoutLock { stream.next { step in reply(answer) { try python(step) } } }
    return ToPython.none
  }

  private static func closeStream(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    let stream = WorkerState.forgetStream(FromPython.int(try argument(arguments, count, 0)))
    Python.withoutLock { stream?.close() }
    if WorkerState.isOnMainThread { WorkerState.endMainStream(stream?.call) }
    return ToPython.none
  }

  // MARK: Programs

  private static func main(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    let words = FromPython.list(try argument(arguments, count, 0)).map(FromPython.string)
    try Python.withoutLock { try ClusterStart.launch(words) }
    return try ToPython.int(0)
  }

  // MARK: Names

  private static func name(_ arguments: Arguments, _ count: Int) throws -> String {
    FromPython.string(try argument(arguments, count, 0))
  }

  private static func names(_ arguments: Arguments, _ count: Int) throws -> PythonPointer {
    let kind = FromPython.string(try argument(arguments, count, 0))
    let names = kind == "actors" ? RemoteRegistry.actorNames : RemoteRegistry.functionNames
    return try ToPython.list(try names.map { try ToPython.string($0) })
  }

  // MARK: The engine of this worker

  /// The first call makes this process's engine: from here on Swift code may submit, too.
  private static func ensureEngine() throws {
    guard CurrentEngine.engine == nil, ClusterStart.isPythonConnected else { return }
    if ClusterStart.isWorkerProcess { WorkerState.becomeWorker() }
    CurrentEngine.install(try ClusterStart.engineOfThisWorker())
  }
}
