#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import Glibc
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol
  internal import Synchronization

  /// What a call in a native worker may do with Ray: what the C++ interface offers. The rest throws `unsupported`, and makes tasks
  /// run again elsewhere (``PythonDetour``).
  final class NativeEngine: Engine {
    static let shared = NativeEngine()

    let name = "ray"
    var objects: NativeObjects { .shared }

    // MARK: Calls

    func submit(
      _ target: CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
    ) throws -> ObjectHandle {
      switch target {
      case .function(let entry):
        try check(entry, options, entry.name)
        return try call(.function, entry.name, options, arguments) { cray_native_call($0, $1, $2, &$3, &$4) }
      case .namedFunction(let name):
        try check(RemoteRegistry.function(named: name), options, name)
        return try call(.function, name, options, arguments) { cray_native_call($0, $1, $2, &$3, &$4) }
      case .method(let entry, let actor): return try callMethod(entry.name, of: actor, options, arguments)
      case .namedMethod(let name, let actor): return try callMethod(name, of: actor, options, arguments)
      case .python(let callee): throw unsupported("Python", callee.title)
      }
    }

    private func callMethod(
      _ name: String, of actor: ActorCore, _ options: TaskOptions, _ arguments: (inout ArgumentWriter) throws -> Void
    ) throws -> ObjectHandle {
      if let missing = NativeOptions.missing(forCallOf: actor, options.values) { throw unsupported(missing, name) }
      var id = actor.id.rayName
      return try call(.method, name, options, arguments) { function, arguments, count, options, out in
        // An actor's methods take no CPU of their own.
        options.resource_count = 0
        return cray_native_call_actor(function, &id, arguments, count, &options, &out)
      }
    }

    private typealias Submission = (
      cray_span, UnsafePointer<cray_argument>?, Int, inout cray_call_options, inout cray_object_id
    ) -> cray_status

    private func call(
      _ kind: CallFrame.Kind, _ name: String, _ options: TaskOptions, _ arguments: (inout ArgumentWriter) throws -> Void,
      _ submit: Submission
    ) throws -> ObjectHandle {
      var id = cray_object_id()
      var kept: NativeSubmission.Kept = []
      let function = (kind == .method ? NativeNames.method : NativeNames.call) + NativeNames.innerSuffix
      try NativeSubmission.withArguments(kind, name, options.values.retryOn, arguments, self) { list, mentioned in
        kept = mentioned
        try NativeSubmission.withOptions(named: options.values.name ?? name, options.resourceList) { options in
          try NativeSubmission.withSpan(function) { function in
            try NativeStatus.check(submit(function, list.baseAddress, list.count, &options, &id))
          }
        }
      }
      let result = ObjectHandle(id: objects.add(id), engine: self)
      if !kept.isEmpty { keep(kept, untilReady: result) }
      return result
    }

    /// An actor that is mentioned in an argument lives at least as long as the call.
    private func keep(_ kept: NativeSubmission.Kept, untilReady result: ObjectHandle) {
      NativeWaits.pump.add(NativeRequest([result], needed: 1, timeout: nil) { withExtendedLifetime(kept) {} })
    }

    private func check(_ entry: RemoteEntry?, _ options: TaskOptions, _ name: String) throws {
      if let missing = NativeOptions.missing(for: options.values) { throw unsupported(missing, name) }
      if let entry, let obstacle = NativeObstacle.of(entry) { throw unsupported("a Python worker, because \(obstacle)", name) }
    }

    func unsupported(_ what: String, _ name: String) -> RayError {
      NativeCalls.lack(what)
      return RayError(
        .unsupported,
        "\(name) asks for \(what), which calls from native workers cannot have; make the call from the program itself, "
          + "or run the calling function in the Python lane")
    }

    func submitSplit(
      _ target: CallTarget, options: TaskOptions, parts: Int, arguments: (inout ArgumentWriter) throws -> Void
    ) throws -> [ObjectHandle] {
      throw unsupported("several results", target.name)
    }

    func submitStream(
      _ target: CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
    ) throws -> StreamHandle {
      throw unsupported("a stream", target.name)
    }

    func nextElement(of stream: StreamHandle) async throws -> ObjectHandle? { throw unsupported("a stream", "the call") }

    // MARK: Objects

    func put(byteCountHint: Int, encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle {
      var writer = ByteWriter(capacity: max(byteCountHint, 0) + 64)
      NativeSubmission.reserveHeader(&writer)
      try encode(&writer)
      if let failure = writer.failure { throw RayError(.encodingFailed, failure.message) }
      NativeSubmission.fillHeader(&writer)
      let value = EncodedValue(&writer)
      if let error = UnsupportedReference.error(in: value.kept, "a stored value") { throw error }
      let count = value.bytes.count
      var id = cray_object_id()
      try NativeStatus.check(cray_native_put(cray_block(bytes: value.takeBlock(), count: count), &id))
      return ObjectHandle(id: objects.add(id), engine: self)
    }

    func state(of handle: ObjectHandle) -> ObjectState {
      if objects.isPending(handle.id) { lookOnce(handle.id) }
      switch objects.content(of: handle.id) {
      case .pending: return .pending
      case .value(let owner): return .value(UnsafeRawBufferPointer(rebasing: owner.bytes[ObjectHeader.byteCount...]))
      case .failed(let error): return .failed(error.bytes)
      }
    }

    private func lookOnce(_ id: ObjectID) {
      guard var name = objects.name(of: id) else { return }
      var isReady = false
      let status = cray_native_wait(&name, 1, 1, 0, &isReady)
      free(status.text.bytes)
      if isReady { objects.fetch(id) }
    }

    func isReady(_ id: ObjectID) -> Bool {
      if objects.isPending(id) { lookOnce(id) }
      return !objects.isPending(id)
    }

    func whenReady(_ handle: ObjectHandle) async throws { try await whenReady([handle], count: 1, timeout: nil) }

    func whenReady(_ handles: [ObjectHandle], count: Int, timeout: Duration?) async throws {
      try Task.checkCancellation()
      let box = Mutex<NativeRequest?>(nil)
      await withTaskCancellationHandler {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
          let request = NativeRequest(handles, needed: count, timeout: timeout) { continuation.resume() }
          box.withLock { $0 = request }
          if Task.isCancelled { request.resume() } else { wait(for: request) }
        }
      } onCancel: {
        box.withLock { $0 }?.resume()
      }
      try Task.checkCancellation()
    }

    func onReady(_ handle: ObjectHandle, _ body: @escaping @Sendable () -> Void) {
      guard objects.isPending(handle.id) else { return body() }
      wait(for: NativeRequest([handle], needed: 1, timeout: nil, body))
    }

    private func wait(for request: NativeRequest) {
      if request.isSatisfied { return request.resume() }
      if let thread = ServingThread.current, thread.add(request) { return }
      ServingThread.lend(for: request)
      NativeWaits.pump.add(request)
    }

    func release(_ id: ObjectID) { objects.release(id) }

    func encode(_ handle: ObjectHandle, into writer: inout ByteWriter) {
      writer.keep(UnsupportedReference())
      writer.putNil()
    }

    func decodeObject(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ObjectHandle {
      NativeCalls.lack(UnsupportedReference.what)
      throw MessagePackError(code: .invalidValue, message: "a reference inside a value; " + UnsupportedReference.advice)
    }

    func cancel(_ handle: ObjectHandle, force: Bool, recursive: Bool) async throws {
      throw unsupported("cancellation", "the call")
    }
  }

  /// Stands for a reference that cannot be written down: Ray's C++ interface does not tell what another process must know.
  final class UnsupportedReference: Sendable {
    static let what = "references inside values"
    static let advice =
      "native workers cannot exchange references inside values; pass the reference as an argument of its own, or run the function in the Python lane"

    static func error(in kept: [any AnyObject & Sendable], _ place: String) -> RayError? {
      guard kept.contains(where: { $0 is UnsupportedReference }) else { return nil }
      NativeCalls.lack(what)
      return RayError(.unsupported, "\(place) contains a reference; \(advice)")
    }
  }

  extension CallTarget {
    var name: String {
      switch self {
      case .function(let entry): entry.name
      case .method(let entry, _): entry.name
      case .namedFunction(let name): name
      case .namedMethod(let name, _): name
      case .python(let callee): callee.title
      }
    }
  }
#endif
