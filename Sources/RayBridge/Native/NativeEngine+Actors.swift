#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import Glibc
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol

  extension NativeEngine {
    func createActor(
      _ entry: ActorEntry, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
    ) throws -> ActorCore {
      try check(entry, options)
      if let name = options.name { try checkFree(name, options.namespace ?? NativeContext.process.namespace) }
      var id = cray_actor_id()
      var kept: NativeSubmission.Kept = []
      try NativeSubmission.withArguments(.constructor, entry.name, [], arguments, self) { list, mentioned in
        kept = mentioned
        try NativeSubmission.withOptions(named: options.name ?? "", options.resourceList) { creation in
          creation.max_restarts = Int32(clamping: options.maxRestarts ?? 0)
          // One thread runs an instance, whatever the kind of class.
          creation.max_concurrency = 1
          try NativeSubmission.withSpan(options.namespace ?? "") { namespace in
            creation.ray_namespace = namespace
            try NativeSubmission.withSpan(entry.name) { className in
              creation.class_name = className
              try NativeSubmission.withSpan(NativeNames.create + NativeNames.innerSuffix) { function in
                try NativeStatus.check(cray_native_create_actor(function, list.baseAddress, list.count, &creation, &id))
              }
            }
          }
        }
      }
      // Ray counts handles as references to an object whose name follows from the actor's.
      let lifetime = ObjectHandle(id: objects.add(id.handleName, keeping: kept), engine: self)
      return ActorCore(
        id: ActorID(id), className: entry.name, maxTaskRetries: 0, maxPendingCalls: -1, lifetime: lifetime, engine: self)
    }

    private func check(_ entry: ActorEntry, _ options: ActorOptions) throws {
      if let missing = NativeOptions.missing(for: options, isConcurrent: entry.isConcurrent) {
        throw unsupported(missing, entry.name)
      }
      if let obstacle = NativeObstacle.of(entry) { throw unsupported("a Python worker, because \(obstacle)", entry.name) }
    }

    /// `version u8 | flags u8 | retries i32 | pending calls i32 | class name: u16, UTF-8 | Ray's handle: u32, bytes`
    func encode(_ actor: ActorCore, into writer: inout ByteWriter) {
      if let lifetime = actor.lifetime { writer.keep(lifetime) }
      var id = actor.id.rayName
      var handle = cray_block()
      let status = cray_native_serialize_actor(&id, &handle)
      defer {
        free(status.text.bytes)
        free(handle.bytes)
      }
      guard status.code == CRAY_OK else {
        writer.keep(UnsupportedReference())
        return writer.putNil()
      }
      let bytes = UnsafeRawBufferPointer(start: handle.bytes, count: handle.count)
      ActorHandleBytes(
        className: actor.className, flags: ActorHandleBytes.strong | ActorHandleBytes.swift | ActorHandleBytes.native,
        maxTaskRetries: actor.maxTaskRetries, maxPendingCalls: actor.maxPendingCalls, handle: bytes
      ).write(into: &writer)
    }

    func decodeActor(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ActorCore {
      try bytes.withUnsafeBytes { bytes throws(MessagePackError) in
        let parts = try ActorHandleBytes(parsing: bytes)
        guard parts.flags & ActorHandleBytes.native != 0 else {
          NativeCalls.lack(Self.foreignActors)
          throw MessagePackError(
            code: .invalidValue,
            message:
              "a handle of \(parts.className), an actor of the Python lane, which native workers cannot call; run the function in the Python lane"
          )
        }
        var id = cray_actor_id()
        let status = cray_native_adopt_actor(cray_span(bytes: parts.handle.baseAddress, count: parts.handle.count), &id)
        guard status.code == CRAY_OK else {
          throw MessagePackError(code: .invalidValue, message: "an actor handle: \(NativeStatus.error(status).message)")
        }
        let lifetime = ObjectHandle(id: objects.add(id.handleName), engine: self)
        return ActorCore(
          id: ActorID(id), className: parts.className, maxTaskRetries: parts.maxTaskRetries,
          maxPendingCalls: parts.maxPendingCalls, lifetime: lifetime, engine: self)
      }
    }

    func kill(_ actor: ActorCore, noRestart: Bool) async throws {
      var id = actor.id.rayName
      try NativeStatus.check(cray_native_kill(&id, noRestart))
    }

    func actor(named name: String, namespace: String?) async throws -> ActorCore {
      guard !name.isEmpty else { throw RayError(.invalidArgument, "an actor's name must not be empty") }
      let place = namespace ?? NativeContext.process.namespace
      guard let id = try find(name, place) else {
        throw RayError(.actorNotFound, "no live actor is named '\(name)' in namespace '\(place)'")
      }
      let origin = try origin(of: id)
      guard origin.isNative else {
        NativeCalls.lack(Self.foreignActors)
        throw RayError(
          .unsupported,
          "the actor '\(name)' lives in a Python worker, which native workers cannot call; call it from the program itself, "
            + "or run the calling function in the Python lane")
      }
      // A name keeps nobody alive: there is nothing to give back.
      let lifetime = ObjectHandle(id: objects.add(cray_object_id()), engine: self)
      return ActorCore(
        id: ActorID(id), className: origin.className, maxTaskRetries: 0, maxPendingCalls: -1, lifetime: lifetime, engine: self)
    }

    private static let foreignActors = "actors of Python workers"

    private func find(_ name: String, _ namespace: String) throws -> cray_actor_id? {
      var id = cray_actor_id()
      var isFound = false
      try NativeSubmission.withSpan(name) { name in
        try NativeSubmission.withSpan(namespace) { try NativeStatus.check(cray_native_find_actor(name, $0, &id, &isFound)) }
      }
      return isFound ? id : nil
    }

    private func checkFree(_ name: String, _ namespace: String) throws {
      guard try find(name, namespace) != nil else { return }
      throw RayError(.actorNameTaken, "another live actor of namespace '\(namespace)' is named '\(name)'")
    }

    private func origin(of actor: cray_actor_id) throws -> ActorOrigin {
      var actor = actor
      var handle = cray_block()
      try NativeStatus.check(cray_native_serialize_actor(&actor, &handle))
      defer { free(handle.bytes) }
      return ActorOrigin(handle: UnsafeRawBufferPointer(start: handle.bytes, count: handle.count))
    }

  }

  extension ActorID {
    /// Ray's identifiers of actors have sixteen bytes, as ours do.
    init(_ name: cray_actor_id) {
      var name = name
      self = withUnsafeBytes(of: &name) { bytes in
        ActorID(
          creator: WorkerID(UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))),
          index: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      }
    }

    var rayName: cray_actor_id {
      var name = cray_actor_id()
      withUnsafeMutableBytes(of: &name) { bytes in
        bytes.storeBytes(of: creator.rawValue.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: index.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return name
    }
  }

  extension cray_actor_id {
    /// The object that stands for the actor's handles: the first result of the task that created it.
    var handleName: cray_object_id {
      var actor = self
      var name = cray_object_id()
      withUnsafeMutableBytes(of: &name) { name in
        withUnsafeBytes(of: &actor) { actor in
          for index in 0..<8 { name[index] = 0xFF }
          UnsafeMutableRawBufferPointer(rebasing: name[8..<24]).copyMemory(from: actor)
          name[24] = 1
        }
      }
      return name
    }
  }
#endif
