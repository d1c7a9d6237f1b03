internal import RayProtocol

extension LeaseManager {
  /// A process as the scheduler sees it.
  struct Worker: Sendable {
    enum State: Hashable, Sendable {
      /// It has not said hello yet.
      case starting
      case ready
      /// It hosts an actor, for life.
      case dedicated(ActorID)
      /// It was asked to end.
      case retiring
    }
    var state = State.starting
    let environment: RuntimeEnvironmentID
    /// The lease whose CPU this process uses; there is never a second one.
    var active: LeaseID?
    /// Leases whose tasks wait for something; they hold no CPU. Last in, first to wake.
    var suspended: [LeaseID] = []
    /// Messages about leases sent to this process.
    var leaseEventCount: UInt64 = 0
    /// The last it said about itself.
    var saysBlocked = false
    var idleSince = Duration.zero
    /// Only for a host of an actor: it lends its CPU.
    var isLending = false

    var hasNoLease: Bool { active == nil && suspended.isEmpty }
  }

  struct Lease: Sendable {
    let client: WorkerID
    let schedulingClass: SchedulingClassID
    let worker: WorkerID
    let assigned: AssignedResources
    let grantedAt: Duration
    /// The number of the message that told the worker: a `blocked` that speaks of older leases is not about this one.
    var announcedAt: UInt64 = 0
    var isSuspended = false
    var isReclaimRequested = false
  }

  struct Demand: Sendable {
    let schedulingClass: SchedulingClassID
    var terms: LeaseTerms
    var wanted: Int
    var held = 0
    /// Since when something is missing; later than now while a reservation cools down.
    var waitingSince: Duration
    var isInfeasible = false
    /// For the demands of actors: who waits, oldest first.
    var actors: [ActorID] = []

    var pending: Int { isInfeasible ? 0 : max(0, wanted - held) }
  }

  struct Client: Sendable {
    var demands: [Demand] = []
    /// Which demand is looked at first next time.
    var turn = 0
    var isInLine = false

    var pending: Int { demands.reduce(0) { $0 + $1.pending } }

    func index(of schedulingClass: SchedulingClassID) -> Int? {
      demands.firstIndex { $0.schedulingClass == schedulingClass }
    }
  }

  struct ActorPlace: Sendable {
    let worker: WorkerID
    var assigned: AssignedResources
    let held: ResourceSet
  }

  /// Resources that are saved up for a demand too large for what becomes free at a time.
  struct Reservation: Sendable {
    let client: WorkerID
    let schedulingClass: SchedulingClassID
    let resources: ResourceSet
    let until: Duration
  }

  struct StartFailures: Sendable {
    var count = 0
    var retryAt = Duration.zero
    var lastReason = ""
  }
}
