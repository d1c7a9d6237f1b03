package import RayProtocol

/// A way to one executing process on which tasks are in flight, oldest first: a leased worker or an actor.
package class Lane {
  /// Nil when the executing process is this one.
  var peer: Peer?
  var firstInFlight: UInt32 = .max
  var lastInFlight: UInt32 = .max
  var inFlightCount = 0
}

/// A worker this process may send tasks of one pool to.
package final class Lease: Lane {
  let id: UInt64
  let worker: WorkerID
  unowned let pool: LeasePool
  /// Predicted run time of what is in flight, in nanoseconds.
  var booked: UInt64 = 0
  /// Since when nothing is in flight.
  var idleSince: UInt64 = 0
  /// The node wants it back: nothing more is sent.
  var isDraining = false
  var isStealing = false
  var lastProgress: UInt64 = 0

  init(id: UInt64, worker: WorkerID, pool: LeasePool) {
    self.id = id
    self.worker = worker
    self.pool = pool
  }
}

/// Leases that can run each other's tasks: same resources, same placement, same environment.
package final class LeasePool {
  let classID: UInt32
  package let terms: LeaseTerms
  var leases: [Lease] = []
  /// Queues with tasks in them, served in turn.
  var active: [TaskQueue] = []
  var nextActive = 0
  var queuedCount = 0
  /// The absolute number of leases last asked for.
  var wanted = 0
  var isDirty = false

  init(classID: UInt32, terms: LeaseTerms) {
    self.classID = classID
    self.terms = terms
  }
}

/// Tasks of one function that wait for a worker, oldest first.
package final class TaskQueue {
  package let function: UInt32
  package let pool: LeasePool
  /// Which thrown errors are worth a retry; nil = any, when the task asks for retries at all.
  package var retryFilter: (@Sendable (UnsafeRawBufferPointer) -> Bool)?
  var first: UInt32 = .max
  var last: UInt32 = .max
  var count = 0
  /// Moving average of run times in nanoseconds; 0 = never measured.
  var estimate: UInt32 = 0

  package init(function: UInt32, pool: LeasePool) {
    self.function = function
    self.pool = pool
  }
}
