internal import MessagePack
package import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport

extension EmbeddedEngine {
  package func createActor(
    _ entry: ActorEntry, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore {
    let isDetached = options.lifetime == .detached
    var specification = try specification(entry, options)
    return try withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { storage in
      var writer = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
      try arguments(&writer)
      writer.finish()
      // They travel through the node, which reads no larger messages, and stay with it as long as the actor may restart.
      try checkArguments(writer.bytes.count, limit: min(worker.argumentByteCountMax, 32 << 20))
      let kept = writer.bytes.takeKeptObjects()
      specification.creation = writer.bytes.withUnsafeBytes { Array($0) }
      let direct = writer.direct.map(\.id)
      let nested = kept.compactMap { ($0 as? ObjectHandle)?.id }
      let id = try worker.withMachine { machine throws(RayError) in
        if worker.state.isShutDown { throw RayError(.shutDown, "Ray was shut down; call Ray.initialize() again") }
        return machine.createActor(specification, direct: direct, nested: nested)
      }
      withExtendedLifetime(kept) {}
      worker.flush()
      let lifetime = ObjectHandle(id: ObjectID(owner: id.creator, index: id.index), engine: self)
      // A detached actor is not counted: its first handle is kept for good.
      if isDetached { _ = Unmanaged.passRetained(lifetime) }
      return ActorCore(
        id: id, className: entry.name, maxTaskRetries: Int32(clamping: options.maxTaskRetries ?? 0),
        maxPendingCalls: Int32(clamping: options.maxPendingCalls ?? -1), lifetime: lifetime, engine: self)
    }
  }

  private func specification(_ entry: ActorEntry, _ options: ActorOptions) throws -> ActorSpec {
    if let name = options.name, name.isEmpty { throw RayError(.invalidArgument, "an actor's name must not be empty") }
    if options.getIfExists == true, options.name == nil {
      throw RayError(.invalidArgument, "getIfExists needs a name to look for")
    }
    let restarts = options.maxRestarts ?? 0
    guard restarts >= -1 else { throw RayError(.invalidArgument, "maxRestarts must be -1 (no limit) or more, not \(restarts)") }
    // As in Ray: an actor needs one CPU to be placed and none to run, unless it says otherwise.
    let held = try Self.resources(
      cpus: options.numCPUs ?? 0, gpus: options.numGPUs, memory: options.memory, options.resources)
    let placement = try Self.resources(
      cpus: options.numCPUs ?? 1, gpus: options.numGPUs, memory: options.memory, options.resources)
    return ActorSpec(
      id: ActorID(creator: worker.id, index: 0), className: entry.name, name: options.name,
      namespace: options.namespace ?? namespace, placementResources: placement, heldResources: held,
      strategy: try strategy(options.schedulingStrategy), environment: try environment(options.runtimeEnv),
      restartCountMax: Int32(clamping: restarts), isDetached: options.lifetime == .detached,
      getIfExists: options.getIfExists ?? false,
      concurrencyMax: Int32(clamping: options.maxConcurrency ?? 0),
      taskRetryCountMax: Int32(clamping: options.maxTaskRetries ?? 0),
      pendingCallCountMax: Int32(clamping: options.maxPendingCalls ?? -1))
  }

  func adoptActor(_ actor: ReferenceLayout.Actor, source: UnsafeRawPointer?) -> ActorCore {
    let name = ObjectID(owner: actor.id.creator, index: actor.id.index)
    return ActorCore(
      id: actor.id, className: actor.className, maxTaskRetries: actor.maxTaskRetries, maxPendingCalls: actor.maxPendingCalls,
      lifetime: actor.keepsAlive ? adopt(name, source: source) : nil, engine: self)
  }

  package func kill(_ actor: ActorCore, noRestart: Bool) async throws {
    worker.lock.withLock { NodeRequest.killActor(actor.id, noRestart: noRestart).append(to: worker.state.nodeOutbox) }
    worker.flush()
    // The node answers in order: behind this answer the death is known here, and calls made from now on fail.
    _ = await worker.ask { .nodes($0) }
  }

  package func actor(named name: String, namespace: String?) async throws -> ActorCore {
    guard !name.isEmpty else { throw RayError(.invalidArgument, "an actor's name must not be empty") }
    let place = namespace ?? self.namespace
    guard case .actorFound(_, let found)? = await worker.ask({ .findActor($0, name: name, namespace: place) }) else {
      throw RayError(.shutDown, "the node is gone")
    }
    guard let found else {
      throw RayError(.actorNotFound, "no live actor is named '\(name)' in namespace '\(place)'")
    }
    return ActorCore(
      id: found.id, className: found.className, maxTaskRetries: found.taskRetryCountMax,
      maxPendingCalls: found.pendingCallCountMax, lifetime: nil, engine: self)
  }

  package func namedActors(namespace: String?) async throws -> [NamedActor] {
    guard case .actorList(_, let list)? = await worker.ask({ .listActors($0, namespace: namespace) }) else {
      throw RayError(.shutDown, "the node is gone")
    }
    return list.map { NamedActor(name: $0.name, namespace: $0.namespace, className: $0.className) }
  }
}
