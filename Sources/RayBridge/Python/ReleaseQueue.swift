internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Python objects whose last Swift owner is gone: given back with the next use of the lock, many at a time.
enum ReleaseQueue {
  /// Addresses, as pointers are nothing a lock hands over.
  private static let objects = Mutex<[UInt]>([])
  private static let isEmpty = Atomic<Bool>(true)
  private static let isPaused = Atomic<Bool>(false)
  /// How often the queue was emptied.
  private static let drainCount = Atomic<Int>(0)

  /// Runs `body` while nothing is given back: Ray's destructors must not run while Ray itself is taken down.
  static func paused(_ body: () -> Void) {
    isPaused.store(true, ordering: .releasing)
    body()
    isPaused.store(false, ordering: .releasing)
  }

  static func add(_ object: PythonPointer) {
    let isFirst = objects.withLock { objects in
      objects.append(UInt(bitPattern: object))
      return objects.count == 1
    }
    guard isFirst else { return }
    isEmpty.store(false, ordering: .sequentiallyConsistent)
    if isSweeperIdle.load(ordering: .sequentiallyConsistent) { wakeSweeper() }
  }

  /// Gives everything back; the caller holds Python's lock.
  static func drain() {
    guard !isEmpty.load(ordering: .acquiring), !isPaused.load(ordering: .acquiring) else { return }
    let taken = objects.withLock { objects in
      isEmpty.store(true, ordering: .releasing)
      return objects.take()
    }
    drainCount.wrappingAdd(1, ordering: .relaxed)
    for object in taken { Python.api.release(PythonPointer(bitPattern: object)) }
  }

  // MARK: The sweeper

  private static let monitor = Monitor()
  private static let hasSweeper = Atomic<Bool>(false)
  private static let isSweeperIdle = Atomic<Bool>(true)

  private static func wakeSweeper() {
    if !hasSweeper.exchange(true, ordering: .acquiringAndReleasing) {
      SystemThread.start("ray-release", stackByteCount: 1 << 20) { sweep() }
    }
    monitor.withLock { monitor.signal() }
  }

  /// A program that only drops references uses the lock no more: somebody has to. Where others empty the queue all the time,
  /// this thread stays away from the lock, because whoever runs into it there sleeps and is woken again.
  private static func sweep() {
    while true {
      monitor.lock()
      isSweeperIdle.store(true, ordering: .sequentiallyConsistent)
      while isEmpty.load(ordering: .sequentiallyConsistent) { monitor.wait() }
      isSweeperIdle.store(false, ordering: .sequentiallyConsistent)
      monitor.unlock()
      let drains = drainCount.load(ordering: .relaxed)
      usleep(50_000)
      let isLeft = !isEmpty.load(ordering: .acquiring) && !isPaused.load(ordering: .acquiring)
      if isLeft, drains == drainCount.load(ordering: .relaxed) { Python.withLock {} }
    }
  }
}
