package import RayProtocol

/// A way to one executing process on which tasks are in flight, oldest first: a leased worker or an actor.
package class Lane {
  /// Nil when the executing process is this one.
  @exclusivity(unchecked) var peer: Peer?
  @exclusivity(unchecked) var inFlight = TaskList()

  /// The other subclass is ``ActorClient``.
  let isLease: Bool

  init(isLease: Bool) { self.isLease = isLease }
}

extension Lane {
  /// Casts without asking the runtime: replies come this way a million times a second.
  @inline(__always)
  var asLease: Lease? { isLease ? unsafeDowncast(self, to: Lease.self) : nil }
  @inline(__always)
  var asActor: ActorClient? { isLease ? nil : unsafeDowncast(self, to: ActorClient.self) }
}

/// A worker this process may send tasks of one pool to.
package final class Lease: Lane {
  let id: UInt64
  let worker: WorkerID
  /// Taken off the pool's list when it ends, so that the two do not keep each other.
  let pool: LeasePool
  /// Predicted run time of what is in flight, in nanoseconds.
  @exclusivity(unchecked) var booked: UInt64 = 0
  /// Since when nothing is in flight.
  @exclusivity(unchecked) var idleSince: UInt64 = 0
  /// The node wants it back: nothing more is sent.
  @exclusivity(unchecked) var isDraining = false
  @exclusivity(unchecked) var isStealing = false
  @exclusivity(unchecked) var lastProgress: UInt64 = 0

  init(id: UInt64, worker: WorkerID, pool: LeasePool) {
    self.id = id
    self.worker = worker
    self.pool = pool
    super.init(isLease: true)
  }
}

/// Leases that can run each other's tasks: same resources, same placement, same environment.
package final class LeasePool {
  let classID: UInt32
  package let terms: LeaseTerms
  @exclusivity(unchecked) var leases: [Lease] = []
  /// Queues with tasks in them, served in turn.
  @exclusivity(unchecked) var active: [TaskQueue] = []
  @exclusivity(unchecked) var nextActive = 0
  @exclusivity(unchecked) var queuedCount = 0
  /// The absolute number of leases last asked for.
  @exclusivity(unchecked) var wanted = 0
  @exclusivity(unchecked) var isDirty = false

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
  @exclusivity(unchecked) package var retryFilter: (@Sendable (UnsafeRawBufferPointer) -> Bool)?
  @exclusivity(unchecked) var waiting = TaskList()
  /// Moving average of run times in nanoseconds; 0 = never measured.
  @exclusivity(unchecked) var estimate: UInt32 = 0

  /// Takes a measured run time into the average.
  @inline(__always)
  func learn(_ duration: UInt32) {
    let measured = max(1, duration)
    estimate = estimate == 0 ? measured : max(1, UInt32((UInt64(estimate) * 7 + UInt64(measured)) / 8))
  }

  package init(function: UInt32, pool: LeasePool) {
    self.function = function
    self.pool = pool
  }
}
