package import MessagePack
package import RayEngine
internal import RayProtocol

extension ClusterEngine {
  /// Every handle of an actor keeps its Python handle through an object handle of this name.
  static func lifetime(of actor: ActorID) -> ObjectID { ObjectID(owner: actor.creator, index: actor.index) }

  package func createActor(
    _ entry: ActorEntry, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore {
    try checkRunning()
    var values = try TaskOptionValues.make(options)
    // Code that never suspends runs one call at a time on its own thread; everything else interleaves.
    let isAsync = entry.isConcurrent
    if !isAsync { values["max_concurrency"] = .int(1) }
    values["obstacle"] = NativeObstacle.of(entry).map { .string($0) }
    let head = CallFrame.head(.constructor, entry.name)
    return try encoding(arguments) { bytes, direct, kept in
      try host.run { host in
        let created = try host.createActor(
          [try ToPython.string(entry.name), ToPython.bool(isAsync), try ToPython.dictionary(values)]
            + payload(head, bytes, direct, kept))
        return try adoptActor(
          created, retries: Int32(clamping: options.maxTaskRetries ?? 0), pending: Int32(clamping: options.maxPendingCalls ?? -1),
          className: entry.name)
      }
    }
  }

  package func createPythonActor(
    _ callee: PythonCallee, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore {
    try checkRunning()
    let values = try TaskOptionValues.make(options)
    let head = CallFrame.head(.constructor, callee.title)
    return try encoding(arguments) { bytes, direct, kept in
      try host.run { host in
        let created = try host.createPythonActor(
          [try ToPython.string(callee.name), try ToPython.optional(callee.source), try ToPython.dictionary(values)]
            + payload(head, bytes, direct, kept))
        return try adoptActor(
          created, retries: Int32(clamping: options.maxTaskRetries ?? 0), pending: Int32(clamping: options.maxPendingCalls ?? -1))
      }
    }
  }

  /// `(handle, id, class name, flags, retries)` of Python; the lock is held. Without `retries`, what the actor itself says holds.
  func adoptActor(
    _ described: PythonObject, retries: Int32? = nil, pending: Int32, className: String? = nil
  ) throws -> ActorCore {
    let parts = FromPython.tuple(described.pointer)
    guard parts.count == 5 else { throw RayError(.internalError, "an actor handle of unknown shape") }
    let id = Identifiers.actor(FromPython.bytes(parts[1]))
    let key = Self.lifetime(of: id)
    let handle = PythonObject(borrowing: parts[0])
    _ = table.add(key) { ObjectTable.Entry(handle, .actor) }
    return ActorCore(
      id: id, className: className ?? FromPython.string(parts[2]),
      maxTaskRetries: retries ?? Int32(clamping: FromPython.int(parts[4])),
      maxPendingCalls: pending, lifetime: ObjectHandle(id: key, engine: self), engine: self)
  }

  // MARK: Handles inside values

  package func encode(_ actor: ActorCore, into writer: inout ByteWriter) {
    if let lifetime = actor.lifetime { writer.keep(lifetime) }
    guard let entry = table.find(Self.lifetime(of: actor.id)) else { return writer.putNil() }
    append(EngineExtension.actor, of: entry.object, host.encodeActor, into: &writer) { _ in
      [
        ToPython.none, try ToPython.int(Int(actor.maxTaskRetries)), try ToPython.int(Int(actor.maxPendingCalls)),
        try ToPython.string(actor.className),
      ]
    }
  }

  package func decodeActor(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ActorCore {
    let copy = bytes.withUnsafeBytes { Array($0) }
    guard copy.count >= 16 else { throw MessagePackError(code: .invalidValue, message: "an actor handle of \(copy.count) bytes") }
    let (retries, pending) = copy.withUnsafeBytes {
      (
        Int32(littleEndian: $0.loadUnaligned(fromByteOffset: 2, as: Int32.self)),
        Int32(littleEndian: $0.loadUnaligned(fromByteOffset: 6, as: Int32.self))
      )
    }
    do {
      return try host.run { host in
        let described = try host.adoptActor([try copy.withUnsafeBytes { try ToPython.bytes($0) }, outer(source)])
        return try adoptActor(described, retries: retries, pending: pending)
      }
    } catch {
      throw MessagePackError(code: .invalidValue, message: "an actor handle that Ray does not take: \(error)")
    }
  }

  // MARK: Finding and ending

  package func kill(_ actor: ActorCore, noRestart: Bool) async throws {
    guard let entry = table.find(Self.lifetime(of: actor.id)) else { return }
    // Blocks until the actor's death is known here.
    try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
      BlockingThreads.shared.run { [self] in
        continuation.resume(
          with: Result {
            _ = try gate.pass {
              try host.run { host in
                Python.api.retain(entry.object.pointer)
                _ = try host.kill([entry.object.pointer, ToPython.bool(noRestart)])
              }
            }
          })
      }
    }
  }

  package func actor(named name: String, namespace: String?) async throws -> ActorCore {
    guard !name.isEmpty else { throw RayError(.invalidArgument, "an actor's name must not be empty") }
    try checkRunning()
    let place = namespace ?? identity.namespace
    return try host.run { host in
      let found = try host.findActor([try ToPython.string(name), try ToPython.string(place)])
      guard !FromPython.isNone(found.pointer) else {
        throw RayError(.actorNotFound, "no live actor is named '\(name)' in namespace '\(place)'")
      }
      return try adoptActor(found, pending: -1)
    }
  }

  package func namedActors(namespace: String?) async throws -> [NamedActor] {
    try checkRunning()
    return try host.run { host in
      let found = try host.namedActors([try namespace.map { try ToPython.string($0) } ?? ToPython.none])
      return FromPython.list(found.pointer).map { item in
        let parts = FromPython.tuple(item).map(FromPython.string)
        return NamedActor(name: parts[0], namespace: parts[1], className: parts[2])
      }
    }
  }
}
