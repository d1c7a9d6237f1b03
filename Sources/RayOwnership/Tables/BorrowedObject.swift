internal import RayProtocol

/// One object that another process owns and this process refers to.
final class BorrowedObject {
  /// How the owner knows that this process holds the object.
  enum Registration {
    /// A running call's caller keeps it alive until the reply; nothing was said to the owner yet.
    case covered
    /// `borrow` was sent; sources stay pinned until it is acknowledged.
    case requested
    case registered
  }

  let id: ObjectID
  var registration = Registration.covered
  var localCount = 0
  var pinCount = 0
  /// Holds the owner counts for this process.
  var holds: UInt32 = 0
  /// Kept alive until the owner has acknowledged: the objects the reference came in.
  var sources: [ObjectID] = []
  /// Replies, by peer and task, that wait for the acknowledgement.
  var waitingCalls: [ExecutionCall] = []
  var waitingReceipts: [Receipt] = []
  var registrationWaiters: [ObjectWaiter] = []

  var place = ValuePlace.pending
  var isFetching = false
  var bytes: UnsafeMutableRawBufferPointer?
  var descriptor: StoredDescriptor?
  var contained: ContainedReferences?
  var waiters: Unmanaged<WaitNode>?

  init(_ id: ObjectID) { self.id = id }

  deinit { bytes?.deallocate() }
}

/// A result with references inside came from `peer`; it keeps them alive until told that they are registered here.
final class Receipt {
  let peer: Peer
  let task: UInt64
  var missing: Int
  init(peer: Peer, task: UInt64, missing: Int) {
    self.peer = peer
    self.task = task
    self.missing = missing
  }
}
