internal import RayProtocol
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The Python interpreter of this process and the lock around it.
enum Python {
  /// Set before the first use, never changed.
  nonisolated(unsafe) private(set) static var api: PythonAPI!

  /// Finds CPython's functions in a library, or among what the process has loaded already.
  static func load(from handle: UnsafeMutableRawPointer?) throws(PythonAPI.MissingSymbol) {
    if api == nil { api = try PythonAPI(handle) }
  }

  static var isLoaded: Bool { api != nil }

  // MARK: The lock

  /// Runs `body` with Python's lock held. Each thread keeps its Python thread state: making one costs microseconds.
  static func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    let thread = PythonThread.current
    if thread.depth > 0 {
      thread.depth += 1
      defer { thread.depth -= 1 }
      return try body()
    }
    if let state = thread.state {
      api.restoreThread(state)
    } else {
      _ = api.ensureGIL()
      thread.isOurs = true
    }
    thread.state = nil
    thread.depth = 1
    ReleaseQueue.drain()
    defer {
      thread.depth = 0
      thread.state = api.saveThread()
    }
    return try body()
  }

  /// Runs `body` with the lock given up, on a thread that holds it.
  static func withoutLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    let thread = PythonThread.current
    let depth = thread.depth
    precondition(depth > 0, "the lock is given up by a thread that does not hold it")
    thread.depth = 0
    thread.state = api.saveThread()
    defer {
      api.restoreThread(thread.state)
      thread.state = nil
      thread.depth = depth
    }
    return try body()
  }

  /// Python has called a Swift function: this thread holds the lock although nobody here took it.
  static func calledFromPython<Result>(_ body: () throws -> Result) rethrows -> Result {
    let thread = PythonThread.current
    let (depth, state) = (thread.depth, thread.state)
    thread.depth = 1
    thread.state = nil
    defer {
      thread.depth = depth
      thread.state = state
    }
    return try body()
  }
}

/// What one thread has to do with Python.
final class PythonThread {
  /// The detached thread state; nil while attached and before the first use.
  var state: PythonPointer?
  /// Above zero while the thread holds the lock.
  var depth = 0
  /// Whether the thread state was made here and is to be given back when the thread ends.
  var isOurs = false

  static var current: PythonThread {
    if let pointer = pthread_getspecific(key) { return Unmanaged<PythonThread>.fromOpaque(pointer).takeUnretainedValue() }
    let thread = PythonThread()
    pthread_setspecific(key, Unmanaged.passRetained(thread).toOpaque())
    return thread
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    #if canImport(Darwin)
      pthread_key_create(&key) { Unmanaged<PythonThread>.fromOpaque($0).takeRetainedValue().end() }
    #else
      pthread_key_create(&key) { pointer in
        if let pointer { Unmanaged<PythonThread>.fromOpaque(pointer).takeRetainedValue().end() }
      }
    #endif
    return key
  }()

  private func end() {
    guard isOurs, let state, Python.api.isInitialized() != 0 else { return }
    // Python's own note of this thread may be gone already, so its ordinary function would not find the state.
    Python.api.restoreThread(state)
    Python.api.clearThread(state)
    Python.api.deleteCurrentThread()
  }
}

/// Python objects whose last Swift owner is gone: given back with the next use of the lock, many at a time.
enum ReleaseQueue {
  private struct State {
    /// Addresses, as pointers are nothing a lock hands over.
    var objects: [UInt] = []
    var hasSweeper = false
  }

  private static let state = Mutex(State())
  private static let isEmpty = Atomic<Bool>(true)
  private static let sweeper = Monitor()
  private static let isPaused = Atomic<Bool>(false)

  /// Runs `body` while nothing is given back: Ray's destructors must not run while Ray itself is taken down.
  static func paused(_ body: () -> Void) {
    isPaused.store(true, ordering: .releasing)
    body()
    isPaused.store(false, ordering: .releasing)
  }

  static func add(_ object: PythonPointer) {
    let isFirst = state.withLock { state in
      state.objects.append(UInt(bitPattern: object))
      return state.objects.count == 1
    }
    guard isFirst else { return }
    isEmpty.store(false, ordering: .releasing)
    let starts = state.withLock { state in
      defer { state.hasSweeper = true }
      return !state.hasSweeper
    }
    if starts { SystemThread.start("ray-release", stackByteCount: 1 << 20) { sweep() } }
    sweeper.withLock { sweeper.signal() }
  }

  /// Gives everything back; the caller holds Python's lock.
  static func drain() {
    guard !isEmpty.load(ordering: .acquiring), !isPaused.load(ordering: .acquiring) else { return }
    let objects = state.withLock { state in
      isEmpty.store(true, ordering: .releasing)
      return state.objects.take()
    }
    for object in objects { Python.api.release(PythonPointer(bitPattern: object)) }
  }

  /// A program that only drops references uses the lock no more: somebody has to.
  private static func sweep() {
    while true {
      sweeper.lock()
      while isEmpty.load(ordering: .acquiring) { sweeper.wait() }
      sweeper.wait(milliseconds: 50)
      sweeper.unlock()
      if !isEmpty.load(ordering: .acquiring) { Python.withLock {} }
    }
  }
}

extension Array {
  /// Hands over the elements and leaves the array empty.
  mutating func take() -> Self {
    defer { self = [] }
    return self
  }
}
