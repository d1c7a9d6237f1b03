package import RayEngine
package import RayProtocol
internal import Synchronization

extension ClusterEngine {
  package var context: RuntimeContext {
    var context = RuntimeContext(
      jobID: identity.job, nodeID: identity.node, workerID: identity.worker, namespace: identity.namespace)
    try? host.run { host in
      let parts = FromPython.tuple(try host.context().pointer)
      guard parts.count == 8, WorkerState.isWorker else { return }
      context.taskID = Identifiers.task(FromPython.bytes(parts[0]))
      let actor = FromPython.bytes(parts[1])
      context.actorID = actor.isEmpty ? nil : Identifiers.actor(actor)
      context.taskName = FromPython.string(parts[2])
      let name = FromPython.string(parts[3])
      context.actorName = name.isEmpty ? nil : name
      context.attempt = FromPython.int(parts[4])
      context.wasCurrentActorReconstructed = FromPython.bool(parts[5])
      context.assignedResources = FromPython.amounts(parts[6])
      context.gpuIDs = FromPython.list(parts[7]).map(FromPython.int)
    }
    return context
  }

  package func clusterResources() async throws -> ResourceSet { try resources(available: false) }
  package func availableResources() async throws -> ResourceSet { try resources(available: true) }

  private func resources(available: Bool) throws -> ResourceSet {
    try host.run { host in ResourceSet(FromPython.amounts(try host.resources([ToPython.bool(available)]).pointer)) }
  }

  package func nodes() async throws -> [NodeInfo] {
    try host.run { host in
      FromPython.list(try host.nodes().pointer).map { item in
        let parts = FromPython.tuple(item)
        return NodeInfo(
          id: NodeNames.remember(FromPython.bytes(parts[0])), address: FromPython.string(parts[1]),
          isAlive: FromPython.bool(parts[2]), resources: FromPython.amounts(parts[3]))
      }
    }
  }
}

/// Ray's names of nodes are longer than ours; those that were seen are kept.
enum NodeNames {
  private static let names = Mutex<[NodeID: String]>([:])

  static func remember(_ bytes: UnsafeRawBufferPointer) -> NodeID {
    let id = NodeID(Identifiers.word(bytes))
    let name = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    names.withLock { $0[id] = name }
    return id
  }

  static func name(of node: NodeID) -> String? { names.withLock { $0[node] } }
}
