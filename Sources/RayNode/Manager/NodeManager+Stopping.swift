internal import RayProtocol
internal import RayTransport
internal import Synchronization

extension NodeManager {
  /// Ends every worker and the node; returns when all processes are reaped and all threads have ended.
  ///
  /// Workers end by themselves as soon as their connection does; those that do not within the grace are killed.
  /// Not from the node's own thread. A second call waits for the first one.
  package func stop() {
    guard !isStopRequested.exchange(true, ordering: .sequentiallyConsistent) else {
      loop.run(until: { isStopped.load(ordering: .sequentiallyConsistent) })
      return
    }
    loop.execute { [self] in beginStop() }
    loop.run(until: { isStopped.load(ordering: .sequentiallyConsistent) })
    loop.shutdown()
    store.stop()
  }

  private func beginStop() {
    isStopping = true
    leaseActions.removeAll()
    actorActions.removeAll()
    delayedPlacements.removeAll()
    for client in clients.values.sorted(by: { $0.id < $1.id }) { end(client) }
    noteStopProgress()
    armTimer()
  }

  private func end(_ client: NodeClient) {
    send(.shutdown, to: client)
    client.connection.flush()
    client.connection.close("the node shuts down")
    guard client.child != nil else { return }
    if client.stopReason == nil { client.stopReason = .stopped("the node shut down") }
    client.deadline = (now + configuration.shutdownGrace, .stopped("the node shut down"))
    // One that has not said hello has no work to finish.
    if !client.hasSaidHello { kill(client, .stopped("the node shut down")) }
  }

  /// Once no child is left the node has ended.
  func noteStopProgress() {
    guard isStopping, !clients.values.contains(where: { $0.child != nil }) else { return }
    guard !isStopped.load(ordering: .relaxed) else { return }
    logs.finish()
    isStopped.store(true, ordering: .sequentiallyConsistent)
    loop.notify()
  }
}
