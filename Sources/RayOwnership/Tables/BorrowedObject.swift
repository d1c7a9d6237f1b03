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
  @exclusivity(unchecked) var registration = Registration.covered
  @exclusivity(unchecked) var localCount = 0
  @exclusivity(unchecked) var pinCount = 0
  /// The last look for duplicates that saw it.
  @exclusivity(unchecked) var lookMark: UInt32 = 0
  /// Holds the owner counts for this process.
  @exclusivity(unchecked) var holds: UInt32 = 0
  /// Kept alive until the owner has acknowledged: the objects the reference came in.
  @exclusivity(unchecked) var sources: [ObjectID] = []
  /// Replies, by peer and task, that wait for the acknowledgement.
  @exclusivity(unchecked) var waitingCalls: [ExecutionCall] = []
  @exclusivity(unchecked) var waitingReceipts: [Receipt] = []
  @exclusivity(unchecked) var registrationWaiters: [ObjectWaiter] = []

  @exclusivity(unchecked) var place = ValuePlace.pending
  @exclusivity(unchecked) var isFetching = false
  @exclusivity(unchecked) var bytes: UnsafeMutableRawBufferPointer?
  @exclusivity(unchecked) var descriptor: StoredDescriptor?
  @exclusivity(unchecked) var contained: ContainedReferences?
  @exclusivity(unchecked) var waiters: Unmanaged<WaitNode>?

  init(_ id: ObjectID) { self.id = id }

  deinit { bytes?.deallocate() }
}

/// A result with references inside came from `peer`; it keeps them alive until told that they are registered here.
final class Receipt {
  let peer: Peer
  let task: UInt64
  @exclusivity(unchecked) var missing: Int
  init(peer: Peer, task: UInt64, missing: Int) {
    self.peer = peer
    self.task = task
    self.missing = missing
  }
}
