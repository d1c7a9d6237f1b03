#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import CRayShims
  internal import Glibc
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol
  internal import Synchronization

  /// A worker process of Ray's C++ language that runs this program's functions, without Python.
  enum NativeWorker {
    /// Several threads call when an actor may run several methods at once.
    static func run(_ name: String, _ arguments: UnsafeBufferPointer<cray_span>, isMethod: Bool) -> cray_run_result {
      start()
      do {
        switch NativeNames.meaning(of: name) {
        case .probe: return returned(ProgramFingerprint.encoded)
        case .frame(let isInner): return try runFrame(arguments.map(bytes), isMethod: isMethod, isInner: isInner)
        case .plain(let function): return runPlain(function, arguments.map(bytes))
        }
      } catch {
        let failure = FailedCall(ErrorCoding.rayError(from: error), retryOn: [])
        return NativeNames.isCreation(name) ? createdNothing(failure) : threw(failure)
      }
    }

    private static func bytes(_ span: cray_span) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: span.bytes, count: span.count)
    }

    // MARK: Calls

    private static func runFrame(
      _ arguments: [UnsafeRawBufferPointer], isMethod: Bool, isInner: Bool
    ) throws -> cray_run_result {
      guard let head = arguments.first else { throw RayError(.protocolViolation, "a call without a frame") }
      let bytes = ArgumentBytes.frame(isInner ? try withoutHeader(head) : head)
      let frame = try CallFrame(parsing: bytes)
      guard isMethod == (frame.kind == .method) else {
        throw RayError(.protocolViolation, "\(frame.name) was called as something else than it is")
      }
      // Read-only from here on.
      nonisolated(unsafe) let values = arguments
      let call = IncomingCall(
        frame: frame,
        value: { number in
          guard number >= 0, number + 1 < values.count else {
            throw RayError(.protocolViolation, "a call names argument \(number) of \(values.count - 1)")
          }
          return try argument(values[number + 1], isInner)
        }, instance: isMethod ? try hostedInstance() : nil)
      // An actor cannot be left, a function can.
      var detour: PythonDetour?
      if frame.kind == .function {
        detour = PythonDetour(name: frame.name, frame: bytes) { try values.dropFirst().map { try argument($0, isInner) } }
      }
      return run(call, detour, headerByteCount: isInner ? ObjectHeader.byteCount : 0)
    }

    private static func run(_ call: IncomingCall, _ detour: PythonDetour?, headerByteCount: Int) -> cray_run_result {
      if let detour, detour.isKnown { return result(detour.outcome(headerByteCount), isConstructor: false) }
      var running: RunningCall?
      var outcome = Execution.run(call, on: thread, headerByteCount: headerByteCount) {
        running = $0
        NativeCalls.begin($0, name: call.frame.name)
      }
      if let running { NativeCalls.end(running) }
      if let detour, let lacking = running?.lacking, PythonDetour.helps(outcome) {
        detour.remember(lacking)
        outcome = detour.outcome(headerByteCount)
      }
      return result(outcome, isConstructor: call.frame.kind == .constructor)
    }

    private static func argument(_ bytes: UnsafeRawBufferPointer, _ isInner: Bool) throws -> UnsafeRawBufferPointer {
      try isInner ? ArgumentBytes.inner(bytes) : ArgumentBytes.value(bytes)
    }

    private static func withoutHeader(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
      guard bytes.count >= ObjectHeader.byteCount else {
        throw RayError(.protocolViolation, "an argument of \(bytes.count) bytes has no header")
      }
      return UnsafeRawBufferPointer(rebasing: bytes[ObjectHeader.byteCount...])
    }

    /// A call by another language: every argument is one value.
    private static func runPlain(_ function: String, _ arguments: [UnsafeRawBufferPointer]) -> cray_run_result {
      var writer = ByteWriter()
      writer.append(littleEndian: UInt16(clamping: arguments.count))
      for number in arguments.indices {
        writer.append(littleEndian: ArgumentWriter.storedTag)
        writer.append(littleEndian: UInt32(2))
        writer.append(littleEndian: UInt16(clamping: number))
      }
      nonisolated(unsafe) let values = arguments  // read-only
      return writer.withUnsafeBytes { bytes in
        let call = IncomingCall(
          frame: CallFrame(kind: .function, name: function, arguments: bytes),
          value: { number in
            guard values.indices.contains(number) else { throw RayError(.protocolViolation, "no argument \(number)") }
            return try ArgumentBytes.value(values[number])
          })
        return run(call, nil, headerByteCount: 0)
      }
    }

    // MARK: Results

    private static func result(_ outcome: Outcome, isConstructor: Bool) -> cray_run_result {
      switch outcome {
      case .value(let value):
        if let error = UnsupportedReference.error(in: value.kept, "its result") { return threw(FailedCall(error, retryOn: [])) }
        let count = value.bytes.count
        return cray_run_result(block: cray_block(bytes: value.takeBlock(), count: count), outcome: CRAY_RETURNED)
      case .created(let instance):
        hosted.withLock { $0 = .instance(instance) }
        return returned([0x01])
      case .failed(let failure):
        return isConstructor ? createdNothing(failure) : threw(failure)
      case .cancelled:
        return threw(FailedCall(RayError(.taskCancelled, "the task was cancelled while it ran"), retryOn: []))
      }
    }

    /// Ray drops the text of a failed creation: the first call will tell.
    private static func createdNothing(_ failure: FailedCall) -> cray_run_result {
      hosted.withLock { $0 = .failed(failure.payload) }
      return returned([0x01])
    }

    private static func returned(_ bytes: [UInt8]) -> cray_run_result {
      cray_run_result(block: block(bytes), outcome: CRAY_RETURNED)
    }

    private static func threw(_ failure: FailedCall) -> cray_run_result {
      let text = ErrorMarker.text(failure.text, payload: failure.payload, typeName: failure.typeName)
      return cray_run_result(block: block(Array(text.utf8)), outcome: CRAY_THREW)
    }

    private static func block(_ bytes: [UInt8]) -> cray_block {
      guard let memory = malloc(max(bytes.count, 1)) else { return cray_block(bytes: nil, count: 0) }
      bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: bytes.count) }
      return cray_block(bytes: memory, count: bytes.count)
    }

    // MARK: The process

    private enum Hosted {
      case nothing
      case instance(HostedInstance)
      case failed([UInt8])
    }

    /// A worker process is the home of one actor at most.
    private static let hosted = Mutex(Hosted.nothing)

    private static func hostedInstance() throws -> HostedInstance {
      switch hosted.withLock({ $0 }) {
      case .instance(let instance): return instance
      case .failed(let payload):
        var details = RayError.Details()
        details.cause = payload.withUnsafeBytes { ErrorCoding.decode($0) }
        throw RayError(.actorDied, "the actor is dead: its constructor threw", details: details)
      case .nothing: throw RayError(.actorDied, "no actor lives in this process")
      }
    }

    /// One per thread of Ray's, for the life of the process.
    private static var thread: ServingThread {
      if let pointer = pthread_getspecific(threadKey) {
        return Unmanaged<ServingThread>.fromOpaque(pointer).takeUnretainedValue()
      }
      let made = ServingThread(blockingWait: { requests in NativeWaits.block(on: requests, milliseconds: 20) }, lendsCPU: true)
      pthread_setspecific(threadKey, Unmanaged.passRetained(made).toOpaque())
      return made
    }

    private static let threadKey: pthread_key_t = {
      var key = pthread_key_t()
      let result = pthread_key_create(&key) { pointer in
        if let pointer { Unmanaged<ServingThread>.fromOpaque(pointer).release() }
      }
      precondition(result == 0, "no thread-local storage is left")
      return key
    }()

    private static func start() { _ = started }
    private static let started: Void = {
      cray_line_buffer_output()
      CurrentEngine.install(NativeEngine.shared)
    }()
  }

  extension CallFrame {
    fileprivate init(kind: Kind, name: String, arguments: UnsafeRawBufferPointer) {
      self.kind = kind
      self.name = name
      retryOn = []
      self.arguments = arguments
    }
  }
#endif
