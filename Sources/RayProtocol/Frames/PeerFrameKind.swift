/// Messages between two core workers (drivers and workers). Node control messages use 64 and above.
package enum PeerFrameKind: UInt8, Sendable, CaseIterable {
  /// First message on a connection: protocol version and the sender's id.
  case hello = 1
  /// `function` = index the sender will use on this connection, body = name.
  case defineFunction = 2

  // Tasks: caller -> worker
  /// Run a task. `id` = task index at the caller. Body: see `PushBody`.
  case push = 3
  /// `id` = task index; flags: force, recursive.
  case cancel = 4
  /// Give back up to `id` tasks that have not started.
  case steal = 5

  // Tasks: worker -> caller
  /// `id` = task index. Body: see `DoneBody`.
  case done = 6
  /// Body: task indices that will not run here.
  case stolen = 7
  /// One element of a stream. `id` = task index.
  case streamItem = 8
  /// Caller -> worker: `id` = task index, body = elements consumed so far.
  case streamCredit = 9
  /// Caller -> worker: the references inside the results of task `id` are registered; drop the transit pins.
  case referencesReceived = 10

  // Objects: borrower -> owner
  /// `id` = object index: one more hold by the sender. Acknowledged.
  case borrow = 16
  /// Owner -> borrower: `id` = object index; flags bit 0: the object is gone.
  case borrowed = 17
  /// `id` = object index, body = number of holds given back.
  case returnBorrow = 18
  /// `id` = object index: send the value when there is one.
  case fetch = 19
  /// Owner -> borrower: `id` = object index, body = one result.
  case object = 20
  /// `id` = object index: cancel the task that makes it; flags as in `cancel`.
  case cancelObject = 21
  /// Owner -> creator: body = store descriptor of a value nobody needs any more.
  case freeStored = 22
}

/// Bits of `FrameHeader.flags`, by kind.
package enum FrameFlag {
  /// `done`: the result is an error.
  package static let failed: UInt8 = 1
  /// `done`, `streamItem`: the body is in the general form (several results, store descriptors, references).
  package static let general: UInt8 = 2
  /// `done`: the callee threw (against: the system failed); `retryExceptions` looks at it.
  package static let thrown: UInt8 = 4
  /// `done`: the callee suspended at least once.
  package static let suspended: UInt8 = 8
  /// `cancel`, `cancelObject`.
  package static let force: UInt8 = 1
  package static let recursive: UInt8 = 2
  /// `borrowed`: the object is gone.
  package static let gone: UInt8 = 1
}
