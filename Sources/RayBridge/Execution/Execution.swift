package import MessagePack
package import RayEngine
internal import RayProtocol
internal import Synchronization

/// Runs calls that came from Ray, whatever kind of worker received them.
package enum Execution {
  /// Runs a call to its end. Code that suspends is served by the calling thread.
  ///
  /// - Parameters:
  ///   - headerByteCount: 9 to leave room for Ray's header in front of the value and fill it in, 0 for the value alone.
  ///     Arrays of numbers are aligned as if the header were there in both cases.
  package static func run(
    _ call: IncomingCall, on thread: ServingThread, headerByteCount: Int = ObjectHeader.byteCount,
    began: (RunningCall) -> Void = { _ in }
  ) -> Outcome {
    let running = RunningCall(outer: call.outer)
    began(running)
    // Not at once: a call that never suspends is cancelled through its task, which must be known before it runs.
    running.start(on: thread) { await outcome(of: call, headerByteCount) }
    thread.serve { running.outcome != nil }
    return running.outcome ?? .cancelled
  }

  /// Starts a call on an executor that somebody else serves; `done` hears of its end.
  package static func start(
    _ call: IncomingCall, on executor: ServingThread, headerByteCount: Int = ObjectHeader.byteCount,
    done: @escaping @Sendable (Outcome) -> Void
  ) -> RunningCall {
    let running = RunningCall(outer: call.outer)
    running.start(on: executor) {
      let outcome = await outcome(of: call, headerByteCount)
      done(outcome)
      return outcome
    }
    return running
  }

  /// Starts a call that yields elements into `sink`; `done` hears of its end.
  package static func startStream(
    _ call: IncomingCall, on executor: ServingThread, sink: StreamSink, done: @escaping @Sendable (Outcome) -> Void
  ) -> RunningCall {
    let running = RunningCall(outer: call.outer, isStream: true)
    running.start(on: executor) {
      let outcome = await outcome(of: call, sink)
      done(outcome)
      return outcome
    }
    return running
  }

  // MARK: Values

  private static func outcome(of call: IncomingCall, _ headerByteCount: Int) async -> Outcome {
    do {
      if call.frame.kind == .constructor { return .created(try await construct(call)) }
      return .value(try await encoding(headerByteCount) { writer in try await evaluate(call, into: &writer) })
    } catch {
      return failure(of: call, error)
    }
  }

  /// Encodes a value as Ray's store shall hold it.
  static func encoding(
    _ headerByteCount: Int = ObjectHeader.byteCount, capacity: Int = 256, _ body: (inout ByteWriter) async throws -> Void
  ) async throws -> EncodedValue {
    var writer = begin(headerByteCount, capacity)
    try await body(&writer)
    return try end(&writer, headerByteCount)
  }

  package static func encode(_ headerByteCount: Int, _ body: (inout ByteWriter) throws -> Void) throws -> EncodedValue {
    var writer = begin(headerByteCount, 256)
    try body(&writer)
    return try end(&writer, headerByteCount)
  }

  private static func begin(_ headerByteCount: Int, _ capacity: Int) -> ByteWriter {
    var writer = ByteWriter(capacity: capacity)
    if headerByteCount > 0 {
      _ = writer.reserve(headerByteCount)
      writer.advance(headerByteCount)
    } else {
      writer.alignmentBase = -ObjectHeader.byteCount
    }
    return writer
  }

  private static func end(_ writer: inout ByteWriter, _ headerByteCount: Int) throws -> EncodedValue {
    if let failure = writer.failure { throw RayError(.encodingFailed, "the result: \(failure.message)") }
    if headerByteCount > 0 {
      writer.withUnsafeMutableBytes {
        ObjectHeader.fill($0.baseAddress!, byteCount: $0.count - headerByteCount)
      }
    }
    return EncodedValue(&writer)
  }

  private static func evaluate(_ call: IncomingCall, into writer: inout ByteWriter) async throws {
    if call.frame.kind == .method {
      let (instance, method) = try method(of: call)
      let arguments = arguments(of: call, method.name, method.parameters)
      switch method.body {
      case .sync(let body): try body(instance, arguments, &writer)
      case .async(let body): try await body(instance, arguments, &writer)
      case .stream: throw RayError(.invalidArgument, "\(method.name) streams its results; call it with 'stream'")
      }
      return
    }
    let function = try function(of: call)
    let arguments = arguments(of: call, function.name, function.parameters)
    switch function.body {
    case .sync(let body): try body(arguments, &writer)
    case .async(let body): try await body(arguments, &writer)
    case .stream: throw RayError(.invalidArgument, "\(function.name) streams its results; call it with 'stream'")
    }
  }

  private static func construct(_ call: IncomingCall) async throws -> HostedInstance {
    guard let entry = RemoteRegistry.actor(named: call.frame.name) else {
      throw NameSearch.failure(
        call.frame.name, among: RemoteRegistry.actorNames, noun: "remote actor class", place: "this program",
        code: .unknownActorClass)
    }
    let instance = try await entry.create(arguments(of: call, entry.name + ".init", entry.parameters))
    return HostedInstance(entry, instance)
  }

  // MARK: Streams

  private static func outcome(of call: IncomingCall, _ sink: StreamSink) async -> Outcome {
    do {
      try await yieldAll(call, sink)
      // Swift's own streams end quietly when their consumer is cancelled: without this the elements would look complete.
      if Task.isCancelled { return .cancelled }
      return .value(try encode(ObjectHeader.byteCount) { $0.putNil() })
    } catch {
      return failure(of: call, error)
    }
  }

  private static func yieldAll(_ call: IncomingCall, _ sink: StreamSink) async throws {
    if call.frame.kind == .method {
      let (instance, method) = try method(of: call)
      guard case .stream(let body) = method.body else {
        throw RayError(.invalidArgument, "\(method.name) returns one result; call it with 'remote'")
      }
      return try await body(instance, arguments(of: call, method.name, method.parameters), sink)
    }
    let function = try function(of: call)
    guard case .stream(let body) = function.body else {
      throw RayError(.invalidArgument, "\(function.name) returns one result; call it with 'remote'")
    }
    try await body(arguments(of: call, function.name, function.parameters), sink)
  }

  // MARK: Looking up

  private static func function(of call: IncomingCall) throws -> RemoteEntry {
    let name = call.frame.name
    if let entry = RemoteRegistry.function(named: name) { return entry }
    throw NameSearch.failure(
      name, among: RemoteRegistry.functionNames, noun: "remote function", place: "this program", code: .unknownFunction)
  }

  private static func method(of call: IncomingCall) throws -> (AnyObject, ActorMethodEntry) {
    guard let hosted = call.instance else { throw RayError(.protocolViolation, "a method was called without an actor") }
    if let method = hosted.method(named: call.frame.name) { return (hosted.instance, method) }
    throw NameSearch.failure(
      call.frame.name, among: hosted.entry.methods.map(\.name), noun: "remote method", place: hosted.entry.name,
      code: .unknownFunction)
  }

  private static func arguments(
    of call: IncomingCall, _ function: String, _ parameters: [RemoteEntry.Parameter]
  ) -> TaskArguments {
    let value = call.value
    return TaskArguments(call.frame.arguments, function: function, parameters: parameters, context: nil) { bytes in
      guard bytes.count >= 2 else { throw RayError(.protocolViolation, "\(function): an argument's number is missing") }
      return try value(Int(UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))))
    }
  }

  private static func failure(of call: IncomingCall, _ error: any Error) -> Outcome {
    if error is CancellationError, Task.isCancelled { return .cancelled }
    if RunningCall.current?.isStruck == true { return .cancelled }
    let name = call.frame.kind == .constructor ? call.frame.name + ".init" : call.frame.name
    let context = CurrentEngine.engine?.context
    let failure = ErrorCoding.rayError(from: error).with {
      $0.function = $0.function ?? name
      $0.attempt = $0.attempt ?? context?.attempt
      $0.worker = $0.worker ?? context?.workerID
    }
    return .failed(FailedCall(failure, retryOn: call.frame.retryOn))
  }
}

/// One call while it runs.
package final class RunningCall: Sendable {
  private struct State {
    var outcome: Outcome?
    var task: Task<Void, Never>?
    var isCancelled = false
    var isStruck = false
    var lacking: String?
  }

  private let state = Mutex(State())
  let outer: (any AnyObject & Sendable)?
  let isStream: Bool

  init(outer: (any AnyObject & Sendable)?, isStream: Bool = false) {
    self.outer = outer
    self.isStream = isStream
  }

  /// The call whose code runs now, inherited by child tasks.
  @TaskLocal package static var current: RunningCall?

  package var outcome: Outcome? { state.withLock { $0.outcome } }

  /// Python's interrupt came while the call's code was in Python: it was sent before the call had begun, and is its cancellation.
  /// False where no call runs.
  package static func strike() -> Bool {
    guard let current else { return false }
    current.state.withLock { $0.isStruck = true }
    current.cancel()
    return true
  }

  package var isStruck: Bool { state.withLock { $0.isStruck } }

  /// What the call asked for that this kind of worker does not have.
  package var lacking: String? { state.withLock { $0.lacking } }

  /// Notes that the call has asked for something which this kind of worker does not have.
  package func lack(_ what: String) { state.withLock { $0.lacking = $0.lacking ?? what } }

  func start(on executor: ServingThread, _ body: @escaping @Sendable () async -> Outcome) {
    keep(
      Task(executorPreference: executor) { [self] in
        await Self.$current.withValue(self) { end(await body()) }
        executor.wake()
      })
  }

  private func end(_ outcome: Outcome) { state.withLock { $0.outcome = outcome } }

  private func keep(_ task: Task<Void, Never>) {
    let isCancelled = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
  }

  /// Swift's cooperative cancellation.
  package func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }
}
