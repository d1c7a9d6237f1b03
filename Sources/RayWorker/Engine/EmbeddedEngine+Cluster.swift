package import RayEngine
internal import RayOwnership
package import RayProtocol
internal import RayTransport

extension EmbeddedEngine {
  package var context: RuntimeContext {
    var context = RuntimeContext(
      jobID: worker.welcome?.job ?? JobID(0), nodeID: worker.welcome?.node ?? NodeID(0), workerID: worker.id,
      namespace: namespace)
    let hosted = worker.lock.withLock { worker.state.hosted }
    if let hosted {
      context.actorID = hosted.specification.id
      context.actorName = hosted.specification.name
      context.wasCurrentActorReconstructed = hosted.restartCount > 0
      note(hosted.assigned, in: &context)
    }
    if let call = Runner.current?.currentCall, let caller = call.caller {
      context.taskID = TaskID(owner: caller, index: call.taskIndex)
      context.taskName = worker.functionName(call.function)
      context.attempt = Int(call.attempt)
      if hosted == nil, let assigned = worker.lock.withLock({ worker.state.leaseInfo[call.lease] }) {
        note(assigned, in: &context)
      }
    }
    return context
  }

  private func note(_ assigned: AssignedResources, in context: inout RuntimeContext) {
    context.assignedResources = assigned.resources.amounts
    context.gpuIDs = assigned.gpus.map { Int($0.index) }
  }

  package func clusterResources() async throws -> ResourceSet { try await resources().total }
  package func availableResources() async throws -> ResourceSet { try await resources().available }

  private func resources() async throws -> (total: ResourceSet, available: ResourceSet) {
    guard case .resources(_, let total, let available)? = await worker.ask({ .resources($0) }) else {
      throw RayError(.shutDown, "the node is gone")
    }
    return (total, available)
  }

  package func nodes() async throws -> [NodeInfo] {
    guard case .nodes(_, let nodes)? = await worker.ask({ .nodes($0) }) else {
      throw RayError(.shutDown, "the node is gone")
    }
    return nodes.map { NodeInfo(id: $0.id, address: $0.address, isAlive: $0.isAlive, resources: $0.total.amounts) }
  }

  package func shutdown() async {
    // Stopping joins threads, so it has a thread of its own.
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      Detached.run { [self] in
        stopNode()
        continuation.resume()
      }
    }
  }

  /// For programs whose main thread ran the loop and is done with it.
  func stopNodeNow() {
    CurrentEngine.uninstall()
    stopNode()
  }
}
