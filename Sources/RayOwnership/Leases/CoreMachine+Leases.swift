package import RayProtocol

/// Limits of what is sent ahead to one worker.
enum Pipelining {
  /// Predicted run time in flight on one worker: enough to hide a round trip, little enough to stay movable.
  static let bookedNanosecondsMax: UInt64 = 500_000
  static let inFlightMax = 1000
  /// More leases than any machine has cores are never asked for at once.
  static let leasesWantedMax = 256
  /// How many leases are compared when a task looks for a worker.
  static let leasesLookedAtMax = 64
  /// A lease with nothing in flight goes back to the node after this time.
  static let idleNanosecondsMax: UInt64 = 500_000_000
  /// A worker that made no progress for this long gives the tasks behind back to idle ones.
  static let stealAfterNanoseconds: UInt64 = 1_000_000
}

extension CoreMachine {
  func pool(for terms: LeaseTerms) -> LeasePool {
    if let pool = pools[terms] { return pool }
    let pool = LeasePool(classID: UInt32(poolsByClass.count), terms: terms)
    pools[terms] = pool
    poolsByClass.append(pool)
    return pool
  }

  @inline(__always)
  func markDirty(_ pool: LeasePool) {
    if !pool.isDirty {
      pool.isDirty = true
      dirtyPools.append(pool)
    }
  }

  // MARK: Sending

  /// A task was added: send it if a lease has room, else ask for more leases at the next flush.
  @inline(__always)
  func offer(_ pool: LeasePool) {
    if let lease = leastBooked(pool) { pump(lease) }
    if pool.queuedCount > 0 { markDirty(pool) }
  }

  /// Sends a task whose pool has nothing queued without queueing it first; false when no lease has room.
  @inline(__always)
  func sendAtOnce(_ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, _ queue: TaskQueue) -> Bool {
    guard queue.pool.queuedCount == 0, let lease = leastBooked(queue.pool), mayFollow(record, on: lease),
      hasRoom(lease, for: queue)
    else { return false }
    send(task, record, on: lease, booking: queue.estimate)
    return true
  }

  /// A task that may run only once is never sent behind another: when the worker dies nobody could tell whether it had
  /// started, because a suspended task lets the next one begin.
  @inline(__always)
  private func mayFollow(_ record: UnsafeMutablePointer<TaskRecord>, on lease: Lease) -> Bool {
    lease.inFlight.isEmpty || record.pointee.retriesLeft != 0
  }

  private func leastBooked(_ pool: LeasePool) -> Lease? {
    var best = -1
    var leastBooked = UInt64.max
    // The newest and not all: old leases of nested calls are full of suspended tasks.
    for position in max(0, pool.leases.count - Pipelining.leasesLookedAtMax)..<pool.leases.count
    where !pool.leases[position].isDraining {
      if pool.leases[position].inFlight.count == 0 { return pool.leases[position] }
      if pool.leases[position].booked < leastBooked {
        best = position
        leastBooked = pool.leases[position].booked
      }
    }
    return best < 0 ? nil : pool.leases[best]
  }

  /// Sends queued tasks to a worker until it has enough ahead.
  func pump(_ lease: Lease) {
    let pool = lease.pool
    while !lease.isDraining, pool.queuedCount > 0 {
      if pool.nextActive >= pool.active.count { pool.nextActive = 0 }
      let queue = pool.active[pool.nextActive]
      guard mayFollow(tasks.pointer(queue.waiting.first), on: lease), hasRoom(lease, for: queue) else { return }
      pool.nextActive += 1
      let slot = queue.waiting.first
      let record = tasks.pointer(slot)
      dequeue(record, from: queue)
      send(tasks.index(ofSlot: slot), record, on: lease, booking: queue.estimate)
    }
  }

  @inline(__always)
  private func hasRoom(_ lease: Lease, for queue: TaskQueue) -> Bool {
    if lease.inFlight.isEmpty { return true }
    // A function never measured runs alone: it may be long.
    guard queue.estimate > 0, lease.inFlight.count < Pipelining.inFlightMax else { return false }
    return lease.booked + UInt64(queue.estimate) <= Pipelining.bookedNanosecondsMax
  }

  private func send(
    _ task: UInt64, _ record: UnsafeMutablePointer<TaskRecord>, on lease: Lease, booking: UInt32
  ) {
    record.pointee.booked = booking
    lease.booked += UInt64(booking)
    if lease.inFlight.isEmpty { lease.lastProgress = now }
    send(task, record, on: lease, leaseID: lease.id)
  }

  // MARK: Demands

  /// Tells the node how many leases each pool wants now, if that changed.
  func settleDemands() {
    let pools = dirtyPools
    dirtyPools.removeAll(keepingCapacity: true)
    for pool in pools {
      pool.isDirty = false
      let queued = min(pool.queuedCount, Pipelining.leasesWantedMax)
      // Leases that were called back count until they are returned, as they do for the node: the task on one of them may wait
      // for a task that is queued here.
      let wanted = pool.leases.count + queued
      // While work is queued the demand only grows: each message costs the node more than it saves.
      if queued > 0 ? wanted > pool.wanted : wanted != pool.wanted { demand(pool, wanted) }
    }
  }

  private func demand(_ pool: LeasePool, _ wanted: Int) {
    pool.wanted = wanted
    node.demand(classID: pool.classID, terms: pool.terms, wanted: wanted)
  }

  // MARK: Node's answers

  /// The node granted a worker. It is connected already, or is this process itself.
  package func leaseGranted(_ id: UInt64, classID: UInt32, worker: WorkerID) {
    guard leases[id] == nil else { return }
    guard Int(classID) < poolsByClass.count else { return node.returnLease(id) }
    let pool = poolsByClass[Int(classID)]
    let lease = Lease(id: id, worker: worker, pool: pool)
    if worker != me {
      let peer = peer(worker)
      // The node grants before it learns of the end. Returned, the same lease would come again and again until then.
      guard !peer.isClosed else { return }
      peer.leases.append(lease)
      lease.peer = peer
    }
    leases[id] = lease
    pool.leases.append(lease)
    lease.idleSince = now
    pump(lease)
    if lease.inFlight.isEmpty { stealWork(for: lease) }
    if lease.inFlight.isEmpty, pool.queuedCount == 0, !pool.leases.contains(where: \.isStealing) {
      markDirty(pool)
    }
  }

  /// The node wants a lease back, for somebody who has none.
  package func leaseReclaimed(_ id: UInt64) {
    guard let lease = leases[id], !lease.isDraining else { return }
    lease.isDraining = true
    if lease.inFlight.isEmpty { return giveBack(lease) }
    if lease.inFlight.count > 1 { steal(from: lease, lease.inFlight.count - 1) }
    markDirty(lease.pool)
  }

  /// No lease will ever be granted for this class; what is queued fails.
  package func classInfeasible(_ classID: UInt32, _ message: String) {
    guard Int(classID) < poolsByClass.count else { return }
    failQueued(in: poolsByClass[Int(classID)], encodeError(RayError(.infeasible, message)))
  }

  /// No worker can be started; what is queued and holds no lease fails.
  package func workersUnavailable(_ classID: UInt32, _ failure: RayError) {
    guard Int(classID) < poolsByClass.count, poolsByClass[Int(classID)].leases.isEmpty else {
      return
    }
    failQueued(in: poolsByClass[Int(classID)], encodeError(failure))
  }

  private func failQueued(in pool: LeasePool, _ error: [UInt8]) {
    // Withdrawn before anything else: tasks submitted in answer to these failures are a new demand, which the node judges anew.
    demand(pool, pool.leases.count)
    while let queue = pool.active.first { failTask(tasks.index(ofSlot: queue.waiting.first), error) }
  }

  func giveBack(_ lease: Lease) {
    remove(lease)
    // The demand first, so that the node does not grant the same lease again at once.
    let wanted =
      lease.pool.leases.count
      + min(lease.pool.queuedCount, Pipelining.leasesWantedMax)
    if wanted != lease.pool.wanted { demand(lease.pool, wanted) }
    node.returnLease(lease.id)
  }

  func remove(_ lease: Lease) {
    leases[lease.id] = nil
    lease.pool.leases.removeAll { $0 === lease }
    lease.peer?.leases.removeAll { $0 === lease }
  }

  // MARK: Progress

  /// Something in flight on the lease was answered.
  func progressed(_ lease: Lease) {
    lease.lastProgress = now
    lease.isStealing = false
    pump(lease)
    guard lease.inFlight.isEmpty else { return }
    if lease.isDraining { return giveBack(lease) }
    lease.idleSince = now
    if lease.pool.queuedCount == 0 {
      stealWork(for: lease)
      if lease.pool.wanted != lease.pool.leases.count { markDirty(lease.pool) }
    }
  }

  /// An idle worker takes half of what waits behind the slowest other one.
  private func stealWork(for thief: Lease) {
    guard thief.pool.queuedCount == 0 else { return }
    var victim: Lease?
    for lease in thief.pool.leases.suffix(Pipelining.leasesLookedAtMax)
    where lease !== thief && !lease.isStealing && lease.inFlight.count > 1 {
      let isSlow =
        now &- lease.lastProgress > Pipelining.stealAfterNanoseconds || lease.booked > 200_000
      if isSlow, victim == nil || lease.inFlight.count > victim!.inFlight.count { victim = lease }
    }
    if let victim { steal(from: victim, victim.inFlight.count / 2) }
  }

  private func steal(from lease: Lease, _ count: Int) {
    guard count > 0 else { return }
    lease.isStealing = true
    if let peer = lease.peer {
      peer.outbox.frame(.steal, id: UInt64(count))
      touch(peer)
    } else {
      tasksStolen(stealFromOwnQueue(count, sentOn: lease.id), from: lease)
    }
  }

  func tasksStolen(_ indices: [UInt64], from lease: Lease?) {
    for index in indices.reversed() {
      guard let record = tasks.find(index), record.pointee.stage == .sent,
        let lane = record.pointee.lane?.takeUnretainedValue().asLease
      else { continue }
      leaveLane(lane, record)
      record.pointee.lane = nil
      if record.pointee.flags & TaskRecord.cancelled != 0 {
        // The cancellation crossed the task's way back.
        record.pointee.stage = .waiting
        failTask(index, encodeError(RayError(.taskCancelled, "the task was cancelled before it started")))
      } else {
        enqueue(index, record, atFront: true)
      }
      if lane.isDraining, lane.inFlight.isEmpty, leases[lane.id] === lane { giveBack(lane) }
    }
    lease?.isStealing = false
  }

  // MARK: Time

  /// Returns idle leases and moves work away from workers that are stuck. Called every few milliseconds while busy.
  package func tick() {
    // In the order of the pools, not of a hash table: the same events decide the same.
    for lease in poolsByClass.flatMap(\.leases) {
      if lease.inFlight.isEmpty {
        if now &- lease.idleSince > Pipelining.idleNanosecondsMax {
          giveBack(lease)
        } else {
          stealWork(for: lease)
        }
      }
    }
    for pool in poolsByClass {
      // Tasks wait behind a slow one while more workers could be had: ask, even though nothing is queued here.
      let stuck = pool.leases.contains {
        $0.inFlight.count > 1 && now &- $0.lastProgress > Pipelining.stealAfterNanoseconds
          && !$0.isStealing
      }
      let hasIdle = pool.leases.contains { $0.inFlight.isEmpty }
      if stuck, !hasIdle, pool.queuedCount == 0, pool.wanted <= pool.leases.count {
        demand(pool, pool.leases.count + 1)
      }
    }
  }

  /// True while time matters: leases to return, work to move.
  package var needsTicks: Bool { !leases.isEmpty }
}
