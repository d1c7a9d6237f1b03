#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol

  /// What only the whole cluster knows. Ray's C++ interface does not tell, so that a task in a Python worker is asked, which needs
  /// no CPU: the first question takes as long as such a worker takes to start.
  extension NativeEngine {
    var context: RuntimeContext {
      var context = NativeContext.process
      context.taskName = NativeCalls.currentName
      return context
    }

    func clusterResources() async throws -> ResourceSet {
      ResourceSet(try await ask("cluster_resources") { reader in try reader.get([String: Double].self) })
    }

    func availableResources() async throws -> ResourceSet {
      ResourceSet(try await ask("available_resources") { reader in try reader.get([String: Double].self) })
    }

    func nodes() async throws -> [NodeInfo] {
      try await ask("nodes") { reader in
        try Self.list(&reader, of: 4) { reader in
          NodeInfo(
            id: try reader.getBinary().withUnsafeBytes { NodeNames.remember($0) }, address: try reader.getString(),
            isAlive: try reader.getBool(), resources: try reader.get([String: Double].self))
        }
      }
    }

    func namedActors(namespace: String?) async throws -> [NamedActor] {
      let found = try await ask("named_actors") { reader in
        try Self.list(&reader, of: 3) { reader in
          NamedActor(name: try reader.getString(), namespace: try reader.getString(), className: try reader.getString())
        }
      }
      return found.filter { namespace == nil || $0.namespace == namespace }
    }

    func shutdown() async {}

    /// Reads a list of lists with so many items each.
    private static func list<Element>(
      _ reader: inout ByteReader, of count: Int, _ element: (inout ByteReader) throws -> Element
    ) throws -> [Element] {
      var found: [Element] = []
      for _ in 0..<(try reader.getArrayHeader()) {
        guard try reader.getArrayHeader() == count else { throw RayError(.protocolViolation, "an answer of unknown shape") }
        found.append(try element(&reader))
      }
      return found
    }

    /// Calls a function of Python's `swiftray.questions` and reads what it returns.
    private func ask<Answer>(_ question: String, _ read: (inout ByteReader) throws -> Answer) async throws -> Answer {
      let handle = ObjectHandle(
        id: objects.add(try NativeQuestions.submit(question, named: "swiftray.\(question)")), engine: self)
      try await whenReady(handle)
      defer { withExtendedLifetime(handle) {} }
      switch state(of: handle) {
      case .value(let bytes):
        var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
        return try read(&reader)
      case .failed(let error): throw ErrorCoding.decode(error)
      case .pending: throw RayError(.internalError, "the cluster did not answer '\(question)'")
      }
    }
  }
#endif
