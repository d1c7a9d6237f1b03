internal import RayOwnership
internal import RayProtocol
package import RayTransport

extension CoreWorker: EventLoopDelegate {
  package func loop(
    _ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection
  ) throws(TransportError) {
    if connection === nodeConnection { return try receiveFromNode(batch) }
    try withMachine { machine throws(TransportError) in
      guard let peer = state.peers[ObjectIdentifier(connection)] else { return }
      for frame in batch {
        do throws(CoreMachine.FrameRefusal) {
          try machine.receive(header(of: frame), frame.body, from: peer)
        } catch {
          throw TransportError(code: .refused, message: "worker \(peer.id): \(error)")
        }
      }
    }
    askToEndIfDrained()
  }

  private func header(of frame: Frame) -> RayProtocol::FrameHeader {
    RayProtocol::FrameHeader(
      bodyByteCount: UInt32(truncatingIfNeeded: frame.body.count), kind: frame.kind, flags: frame.flags,
      function: frame.function, id: frame.id)
  }

  package func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {
    if connection === nodeConnection {
      nodeLost?("\(reason)")
      return
    }
    withMachine { machine in
      guard let peer = state.peers.removeValue(forKey: ObjectIdentifier(connection)) else { return }
      if state.connections[peer.id] === connection { state.connections[peer.id] = nil }
      switch reason {
      case .refused, .frameTooLarge, .tooManyDescriptors:
        NodeRequest.accuse(peer.id, reason: "\(reason)").append(to: state.nodeOutbox)
      default: break
      }
      machine.peerClosed(peer.id)
    }
    askToEndIfDrained()
  }

  package func loopWillPoll(_ loop: EventLoop) {
    noteIdleness()
    flush()
  }

  /// Numbers connections in the order they were made.
  private func nextFaultStream() -> UInt64 {
    lock.withLock {
      state.connectionCount += 1
      return state.connectionCount
    }
  }

  package func loopRunsWork(_ loop: EventLoop) { runCalls?() }

  /// A new connection to another core worker, brokered by the node.
  func connect(_ worker: WorkerID, _ descriptor: consuming OwnedDescriptor) throws(TransportError) {
    var configuration = Connection.Configuration()
    configuration.faults = faults
    configuration.faults?.stream = nextFaultStream()
    configuration.frameByteCountMax = Int(UInt32.max)
    let connection = try Connection(adopting: descriptor, configuration: configuration)
    try loop.add(connection)
    withMachine { machine in
      let peer = machine.peerConnected(worker)
      state.connections[worker] = connection
      state.peers[ObjectIdentifier(connection)] = peer
    }
  }
}
