#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import CRayShims
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol
  internal import Synchronization

  /// Runs a task's call in a Python worker of the same node, because it turned out to need what Ray's C++ interface lacks.
  ///
  /// The call starts again there, as after the death of a worker. This process waits for it, which gives its CPU to the other one,
  /// and remembers the function: its next calls go there at once.
  struct PythonDetour {
    let name: String
    let frame: UnsafeRawBufferPointer
    /// Those of the arguments that follow the frame. Throws what an argument has failed with: only native workers see failures as values.
    let values: () throws -> [UnsafeRawBufferPointer]

    private static let known = Mutex<Set<String>>([])

    var isKnown: Bool { Self.known.withLock { $0.contains(name) } }

    /// Whether a call that ended like this can go there. A value may be what it made of an error that it caught. References in a result
    /// would be nobody's by the time they are read.
    static func helps(_ outcome: Outcome) -> Bool {
      switch outcome {
      case .failed: true
      case .value(let value): value.kept.isEmpty
      case .created, .cancelled: false
      }
    }

    func remember(_ lacking: String) {
      guard Self.known.withLock({ $0.insert(name).inserted }) else { return }
      let line =
        "swift-ray: \(name) needs \(lacking), which native workers lack; it runs again in a Python worker, as its next calls do. "
        + "SWIFTRAY_LANE=python runs everything there from the start.\n"
      cray_complain(line)
    }

    func outcome(_ headerByteCount: Int) -> Outcome {
      do {
        var id = try submit()
        defer { cray_native_release(&id) }
        var value = cray_value()
        try NativeStatus.check(cray_native_get(&id, -1, &value))
        let owner = NativeObjects.ValueOwner(value)
        defer { withExtendedLifetime(owner) {} }
        return try Self.outcome(owner.bytes, headerByteCount)
      } catch {
        return .failed(FailedCall(ErrorCoding.rayError(from: error), retryOn: []))
      }
    }

    // MARK: The question

    private func submit() throws -> cray_object_id {
      var writer = ByteWriter()
      NativeSubmission.reserveHeader(&writer)
      writer.putArrayHeader(2)
      writer.put(binary: frame)
      let values = try values()
      writer.putArrayHeader(values.count)
      for value in values { writer.put(binary: value) }
      NativeSubmission.fillHeader(&writer)
      if let failure = writer.failure { throw RayError(.encodingFailed, failure.message) }
      return try writer.withUnsafeBytes { try NativeQuestions.submit("run_call", named: name, resources, $0) }
    }

    /// What the function asks for, on this node.
    private var resources: [(String, Double)] {
      let options = RemoteRegistry.function(named: name)?.options ?? TaskOptions()
      let cpus = NativeResources.list(cpus: options.values.numCPUs ?? 1, gpus: nil, memory: nil, others: nil)
      return cpus + (NativeContext.address.map { [("node:\($0)", 0.001)] } ?? [])
    }

    // MARK: The answer

    /// `[0, value]`, or `[1, text, type, payload]` for an error.
    private static func outcome(_ bytes: UnsafeRawBufferPointer, _ headerByteCount: Int) throws -> Outcome {
      var reader = ByteReader(RawSpan(_unsafeBytes: bytes.dropHeader))
      let count = try reader.getArrayHeader()
      switch (try reader.get(Int.self), count) {
      case (0, 2):
        let value = try reader.getBinary()
        return .value(try Execution.encode(headerByteCount) { $0.append(value) })
      case (1, 4):
        let (text, type) = (try reader.getString(), try reader.getString())
        let payload = try reader.getBinary().withUnsafeBytes { Array($0) }
        return .failed(FailedCall(payload: payload, text: text, typeName: type))
      default: throw RayError(.protocolViolation, "an answer of unknown shape")
      }
    }
  }

  extension UnsafeRawBufferPointer {
    fileprivate var dropHeader: Self { Self(rebasing: dropFirst(ObjectHeader.byteCount)) }
  }
#endif
