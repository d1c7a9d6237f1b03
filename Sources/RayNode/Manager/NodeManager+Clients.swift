internal import RayControl
package import RayProtocol
package import RayTransport
internal import Synchronization

extension NodeManager {
  /// Makes a connection for one more driver; the first is ``driverID``, the next has the next number. From any thread.
  package func connectDriver() throws(RayError) -> OwnedDescriptor {
    let number = nextDriver.add(1, ordering: .relaxed).oldValue
    guard number < Self.driverCountMax, !isStopRequested.load(ordering: .acquiring) else {
      throw RayError(.shutDown, "this node takes no more drivers")
    }
    do throws(TransportError) {
      let pair = try SocketEnds()
      let client = NodeClient(
        id: WorkerID(firstProcess + number), role: .driver, token: 0, storeIdentity: makeStoreIdentity(),
        connection: try Connection(adopting: pair.first), child: nil)
      loop.execute { [self] in addDriver(client) }
      return pair.second
    } catch {
      throw RayError(.systemLimit, "cannot connect the driver to its node: \(error.message)")
    }
  }

  func makeStoreIdentity() -> UInt32 { nextStoreIdentity.add(1, ordering: .relaxed).oldValue }

  /// Listens to a client from now on.
  func add(_ client: NodeClient) throws(TransportError) {
    try loop.add(client.connection)
    clients[client.id] = client
    clientsByConnection[ObjectIdentifier(client.connection)] = client
  }

  private func addDriver(_ client: NodeClient) {
    guard !isStopping, (try? add(client)) != nil else { return client.connection.close("the node is stopping") }
  }

  /// Appends an event, and a descriptor that goes with it, to what the client hears next. Dead clients hear nothing.
  func send(_ event: NodeEvent, to id: WorkerID, descriptor: consuming OwnedDescriptor? = nil) {
    guard let client = clients[id] else { return }
    send(event, to: client, descriptor: descriptor)
  }

  func send(_ event: NodeEvent, to client: NodeClient, descriptor: consuming OwnedDescriptor? = nil) {
    scratch.removeAll()
    event.append(to: scratch)
    let bytes = scratch.bytes
    // The transport takes care of a connection that has ended: the descriptor is closed here or there.
    var descriptor = descriptor.take()
    _ = client.connection.withOutbound { buffer in
      if let attached = descriptor.take() { buffer.attach(attached) }
      buffer.append(bytes)
    }
  }
}

extension NodeManager: EventLoopDelegate {
  package func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError) {
    guard let client = clientsByConnection[ObjectIdentifier(connection)], !isStopping else { return }
    for frame in batch where client.stopReason == nil {
      let header = RayProtocol::FrameHeader(
        bodyByteCount: UInt32(frame.body.count), kind: frame.kind, flags: frame.flags, function: frame.function, id: frame.id)
      do throws(RayError) {
        handle(try NodeRequest(header: header, body: frame.body), from: client)
      } catch {
        cutOff(client, error.message)
        break
      }
    }
    settle()
  }

  package func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason) {
    guard let client = clientsByConnection.removeValue(forKey: ObjectIdentifier(connection)) else { return }
    client.isConnected = false
    disconnected(client, reason)
    settle()
  }

  /// A client sent what it must not send: it ends, nobody else is harmed.
  func cutOff(_ client: NodeClient, _ message: String) {
    forwardNotice("\(client.role) \(client.id) is cut off: \(message)")
    if client.child != nil {
      kill(client, .protocolViolation(message))
    } else {
      client.stopReason = .protocolViolation(message)
      client.connection.close(message)
    }
  }

  /// A line of the node itself, for people.
  func forwardNotice(_ text: String) {
    logs.forward(.init(name: "node", processID: Host.processID, text: text, isError: true), now: now)
  }
}
