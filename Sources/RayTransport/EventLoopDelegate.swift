/// Receives what happens on an event loop's connections.
///
/// Callbacks never overlap, but the thread may change between them: while user code keeps the loop's thread, a helper thread
/// calls instead. State that jobs or other threads use as well therefore needs a lock, taken once per batch.
/// A callback must not wait for the loop.
package protocol EventLoopDelegate: AnyObject, Sendable {
  /// All complete frames of one read. Throwing closes the connection: the peer sent what it must not send.
  func loop(_ loop: EventLoop, didReceive batch: FrameBatch, on connection: Connection) throws(TransportError)

  /// The connection ended; nothing follows. Called exactly once for each connection that was added.
  func loop(_ loop: EventLoop, didClose connection: Connection, reason: CloseReason)

  /// The peer keeps up again after ``Connection/hasBackpressure``.
  func loop(_ loop: EventLoop, didDrain connection: Connection)

  /// The loop is about to flush and to look for input: the last moment to append what was held back for batching.
  func loopWillPoll(_ loop: EventLoop)

  /// Answer to ``EventLoop/requestWork()``: runs user code on the loop's thread, like a job; the helper may take over meanwhile.
  ///
  /// Not a callback in the sense above: others may arrive on the helper at the same time.
  func loopRunsWork(_ loop: EventLoop)
}

extension EventLoopDelegate {
  package func loop(_ loop: EventLoop, didDrain connection: Connection) {}
  package func loopWillPoll(_ loop: EventLoop) {}
  package func loopRunsWork(_ loop: EventLoop) {}
}
