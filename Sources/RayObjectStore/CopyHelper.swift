internal import CRayShims
internal import Synchronization

/// A parked thread that takes half of a large copy.
///
/// Work is cut into slices: the caller takes them from the front, the helper from the back, until all are taken, so a helper
/// that wakes late takes fewer. When none is left before the helper woke, the offer is withdrawn and nobody waits. One copy uses the helper at a time;
/// others meanwhile copy alone.
///
/// ```
/// phase: idle -> offered -> taken -> done -> idle        offered -> idle when withdrawn        any -> stopped
/// ```
final class CopyHelper: Sendable {
  private enum Phase {
    static let idle: UInt32 = 0
    static let offered: UInt32 = 1
    static let taken: UInt32 = 2
    static let done: UInt32 = 3
    static let stopped: UInt32 = 4
  }

  /// Words of their own, because the thread must not keep the helper alive. Offsets: 0 phase, 64 sleeping, 128 job.
  private struct Board {
    let base: UnsafeMutableRawPointer
    var phase: SharedWord32 { SharedWord32(address: base) }
    var sleeping: SharedWord32 { SharedWord32(address: base + 64) }
    var job: SharedWord64 { SharedWord64(address: base + 128) }
  }

  private struct Lifecycle {
    var thread: cray_shm_thread?
    var isStopped = false
  }

  private let mapping: StoreMapping
  // Allocated in init and freed in deinit after the thread ended; its words are atomic.
  private nonisolated(unsafe) let board: Board
  /// Held by the copy that uses the helper.
  private let busy = Atomic<Bool>(false)
  private let lifecycle = Guarded(Lifecycle())
  private let policy = Guarded(CopyPolicy())

  init(mapping: StoreMapping) {
    self.mapping = mapping
    board = Board(base: .allocate(byteCount: 192, alignment: 64))
    board.base.initializeMemory(as: UInt8.self, repeating: 0, count: 192)
  }

  deinit {
    stop()
    board.base.deallocate()
  }

  // MARK: Work

  /// Copies between memory that is there, with the thread's help when that was faster lately.
  func copy(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let count = source.count
    let started = cray_shm_monotonic_ns()
    guard policy.withLock({ $0.usesHelper(forByteCount: count) }) else {
      to.copyMemory(from: from, byteCount: count)
      return measured(count, since: started, usedHelper: false)
    }
    let slice = max(64 << 10, min(count / 16, 2 << 20)) & ~4095
    let hadHelper = run(
      CopyJob(sliceCount: (count + slice - 1) / slice) { number in
        let start = number * slice
        (to + start).copyMemory(from: from + start, byteCount: min(slice, count - start))
        return nil
      })
    if hadHelper { measured(count, since: started, usedHelper: true) }
  }

  private func measured(_ byteCount: Int, since started: UInt64, usedHelper: Bool) {
    let nanoseconds = cray_shm_monotonic_ns() - started
    policy.withLock { $0.record(byteCount: byteCount, nanoseconds: nanoseconds, usedHelper: usedHelper) }
  }

  /// Copies into the data area at `offset`, giving each block memory right before it is written.
  func copyWarming(from source: UnsafeRawBufferPointer, toOffset offset: Int) throws(StoreError) {
    guard let from = source.baseAddress else { return }
    let to = mapping.data + offset
    let count = source.count
    let blocks = StoreMapping.blocks(offset: offset, byteCount: count)
    try runChecked(
      CopyJob(sliceCount: blocks.count) { [mapping] number in
        let block = blocks.lowerBound + number
        do throws(StoreError) { try mapping.warm(block) } catch { return error }
        let start = max(0, block * StoreLayout.blockSize - offset)
        let end = min(count, (block + 1) * StoreLayout.blockSize - offset)
        (to + start).copyMemory(from: from + start, byteCount: end - start)
        return nil
      })
  }

  /// Gives blocks memory.
  func warm(_ blocks: Range<Int>) throws(StoreError) {
    try runChecked(
      CopyJob(sliceCount: blocks.count) { [mapping] number in
        do throws(StoreError) { try mapping.warm(blocks.lowerBound + number) } catch { return error }
        return nil
      })
  }

  private func runChecked(_ job: CopyJob) throws(StoreError) {
    run(job)
    if let failure = job.failure.withLock({ $0 }) { throw failure }
  }

  /// Does the job, alone when the helper is busy elsewhere; says whether it was asked.
  @discardableResult
  private func run(_ job: CopyJob) -> Bool {
    guard busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      job.work(.front)
      return false
    }
    defer { busy.store(false, ordering: .releasing) }
    guard ensureThread() else {
      job.work(.front)
      return false
    }
    return withExtendedLifetime(job) {
      board.job.storeRelaxed(UInt64(UInt(bitPattern: Unmanaged.passUnretained(job).toOpaque())))
      board.phase.store(Phase.offered)
      if board.sleeping.load() != 0 { board.phase.wakeAll(shared: false) }
      job.work(.front)
      if !board.phase.exchange(Phase.offered, for: Phase.idle) { awaitDone() }
      return true
    }
  }

  /// The helper works on its last slice: shorter than going to sleep is worth, usually.
  private func awaitDone() {
    var spins = 0
    while true {
      let phase = board.phase.load()
      if phase != Phase.taken { break }
      spins += 1
      if spins < 20_000 { cray_shm_pause() } else { board.phase.wait(while: phase, atMost: 1_000_000, shared: false) }
    }
    _ = board.phase.exchange(Phase.done, for: Phase.idle)
  }

  // MARK: The thread

  private func ensureThread() -> Bool {
    lifecycle.withLock { lifecycle in
      if lifecycle.isStopped { return false }
      if lifecycle.thread != nil { return true }
      var thread = cray_shm_thread()
      let error = cray_shm_thread_start(&thread, "ray-copy", 0, { CopyHelper.threadMain($0) }, board.base)
      // Without a thread copies still work, only slower.
      guard error == 0 else { return false }
      lifecycle.thread = thread
      return true
    }
  }

  private static func threadMain(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let board = Board(base: context)
    while true {
      let phase = awaitOffer(board)
      if phase == Phase.stopped { return }
      guard board.phase.exchange(Phase.offered, for: Phase.taken) else { continue }
      if let address = UnsafeRawPointer(bitPattern: UInt(board.job.loadRelaxed())) {
        // The caller keeps the job alive until the phase is done.
        Unmanaged<CopyJob>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.work(.back) }
      }
      board.phase.store(Phase.done)
      board.phase.wakeAll(shared: false)
    }
  }

  /// Spins a little after a job, because copies come in rows, then sleeps.
  private static func awaitOffer(_ board: Board) -> UInt32 {
    for _ in 0..<1_000 {
      let phase = board.phase.load()
      if phase == Phase.offered || phase == Phase.stopped { return phase }
      cray_shm_pause()
    }
    board.sleeping.store(1)
    defer { board.sleeping.store(0) }
    while true {
      let phase = board.phase.load()
      if phase == Phase.offered || phase == Phase.stopped { return phase }
      board.phase.wait(while: phase, atMost: -1, shared: false)
    }
  }

  /// Ends the thread; copies that come later run on their callers alone.
  func stop() {
    let thread = lifecycle.withLock { lifecycle in
      lifecycle.isStopped = true
      defer { lifecycle.thread = nil }
      return lifecycle.thread
    }
    guard let thread else { return }
    // A running copy finishes first.
    while !busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged { cray_shm_pause() }
    board.phase.store(Phase.stopped)
    board.phase.wakeAll(shared: false)
    cray_shm_thread_join(thread)
    board.phase.store(Phase.idle)
    busy.store(false, ordering: .releasing)
  }
}

/// Work in slices for two threads, each of which goes through its own end of it.
///
/// Ends and not turns: each thread then reads and writes one ascending or descending stream, and repeated copies of the same
/// bytes find them in the cache of the same core.
final class CopyJob: Sendable {
  enum End {
    case front
    case back
  }

  let failure = Mutex<StoreError?>(nil)
  /// Slices taken from both ends together. As long as they are no more than there are, the two ends cannot meet.
  private let takenCount = Atomic<Int>(0)
  private let sliceCount: Int
  // Captures raw pointers whose owner waits for the job; slices are disjoint.
  private nonisolated(unsafe) let slice: (Int) -> StoreError?

  init(sliceCount: Int, slice: @escaping (Int) -> StoreError?) {
    self.sliceCount = sliceCount
    self.slice = slice
  }

  /// Takes slices until none is left or one failed; at most one thread per end.
  func work(_ end: End) {
    var ownCount = 0
    while takenCount.wrappingAdd(1, ordering: .relaxed).oldValue < sliceCount {
      let number = end == .front ? ownCount : sliceCount - 1 - ownCount
      ownCount += 1
      if let error = slice(number) {
        failure.withLock { $0 = $0 ?? error }
        takenCount.store(sliceCount, ordering: .relaxed)
        return
      }
    }
  }
}
