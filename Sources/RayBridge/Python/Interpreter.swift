internal import RayProtocol
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Brings a Python interpreter into this process.
enum Interpreter {
  /// The Python that runs here, when it was started by this program.
  nonisolated(unsafe) private(set) static var location: PythonLocation?
  private static let isStarted = Mutex(false)

  /// Uses the Python this process already is, for libraries that Python has loaded.
  static func adopt() throws {
    do throws(PythonAPI.MissingSymbol) {
      try Python.load(from: nil)
    } catch {
      throw RayError(.unsupported, "this Python does not export \(error.name); Ray for Swift needs CPython 3.9 or newer")
    }
    isStarted.withLock { $0 = true }
  }

  /// Loads libpython and starts the interpreter on the calling thread, which is Python's main thread from then on.
  ///
  /// - Parameter handlesSignals: Whether Python's own signal handlers are wanted, as in a worker.
  static func start(_ location: PythonLocation, handlesSignals: Bool) throws {
    try isStarted.withLock { isStarted in
      guard !isStarted else { return }
      // Extension modules look for Python's functions in the process.
      guard let library = dlopen(location.library, RTLD_NOW | RTLD_GLOBAL) else {
        throw RayError(
          .unsupported,
          "cannot load \(location.library): \(dlerror().map { String(cString: $0) } ?? "unknown reason"); "
            + "name another with \(PythonLocation.libraryVariable)")
      }
      do throws(PythonAPI.MissingSymbol) {
        try Python.load(from: library)
      } catch {
        throw RayError(.unsupported, "\(location.library) has no \(error.name); Ray for Swift needs CPython 3.9 or newer")
      }
      setenv("PYTHONUTF8", "1", 0)
      // A virtual environment is recognised by the path of its interpreter.
      let name = Array(location.executable.unicodeScalars.map { wchar_t(truncatingIfNeeded: $0.value) }) + [0]
      let kept = UnsafeMutablePointer<wchar_t>.allocate(capacity: name.count)
      kept.initialize(from: name, count: name.count)
      Python.api.setProgramName(kept)
      Python.api.initialize(handlesSignals ? 1 : 0)
      // The thread that imports it first is the one that Python code takes for the main thread.
      _ = Python.api.importModule("threading")
      // The thread that initialises holds the lock: give it up as if Python had called.
      let thread = PythonThread.current
      thread.state = Python.api.saveThread()
      self.location = location
      isStarted = true
    }
  }
}
