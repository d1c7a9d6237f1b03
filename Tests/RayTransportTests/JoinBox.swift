@testable internal import RayTransport

/// A thread in an array, which cannot hold values that must be consumed.
final class JoinBox {
  private var thread: Thread?
  init(_ thread: consuming Thread) { self.thread = consume thread }
  func join() { if let thread = thread.take() { thread.join() } }
}
