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

extension Array {
  /// Hands over the elements and leaves the array empty.
  mutating func take() -> Self {
    defer { self = [] }
    return self
  }
}
