internal import RayEngine
internal import RayProtocol
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Brings this process into a Ray cluster, as its driver or as one of its workers.
package enum ClusterStart {
  /// Tells a process that Ray has started it as a Python worker.
  static let workerVariable = "SWIFTRAY_WORKER"
  /// Where the Python package lies when it is not installed.
  static let packageVariable = "SWIFTRAY_PACKAGE"
  static let libraryVariable = "SWIFTRAY_LIBRARY"
  /// Tells a plain Python worker why it runs instead of the program.
  static let failureVariable = "SWIFTRAY_FAILURE"

  /// Whether Python has loaded this program, as a library for calls in its process.
  package static var isGuestOfPython: Bool { guest.load(ordering: .relaxed) && launchArguments == nil }
  fileprivate static let guest = Atomic<Bool>(false)

  // MARK: Launching

  /// The command line of a program that Python has loaded and runs as its driver; nil for ordinary programs.
  nonisolated(unsafe) package private(set) static var launchArguments: [String]?

  /// Runs the program of a library that Python has loaded. Programs end the process themselves.
  static func launch(_ arguments: [String]) throws {
    // Written before the program starts, by the only thread that could read it.
    launchArguments = Array(arguments.dropFirst())
    guard let symbol = dlsym(nil, entrySymbol) ?? libraryHandle(arguments.first).flatMap({ dlsym($0, entrySymbol) }) else {
      throw RayError(
        .unsupported,
        "\(arguments.first ?? "the library") has no entry '\(entrySymbol)'; add to the library: "
          + "@_cdecl(\"\(entrySymbol)\") public func start() { Main.main() }")
    }
    unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
  }

  private static let entrySymbol = "swiftray_app_main"

  private static func libraryHandle(_ path: String?) -> UnsafeMutableRawPointer? {
    guard let path else { return nil }
    return dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_NOLOAD)
  }

  // MARK: Drivers

  /// Connects and installs the engine.
  package static func connect(_ configuration: ClusterConfiguration) throws -> ClusterEngine {
    signal(SIGPIPE, SIG_IGN)
    // A program that Python has loaded is started on Python's own main thread, which stays, too.
    let engine = Python.isLoaded && launchArguments != nil ? try join(configuration) : try joinFromHome(configuration)
    CurrentEngine.install(engine)
    leaveAtExit()
    return engine
  }

  /// A program that calls `exit` leaves the cluster, and ends before the destructors of Ray's libraries run under the threads
  /// that still use them.
  ///
  /// What was registered last runs first, and Ray's libraries register the destructors of what they make on first use. So this is
  /// called again now and then while the program runs; the first of these handlers to run is the only one.
  static func leaveAtExit() {
    #if canImport(Glibc)
      on_exit(
        { status, _ in
          if let engine = CurrentEngine.engine as? ClusterEngine {
            CurrentEngine.uninstall()
            engine.stop()
          }
          fflush(nil)
          _exit(status)
        }, nil)
    #endif
  }

  private static func connected(_ host: Host, _ configuration: ClusterConfiguration) throws -> ClusterEngine {
    let options = try configuration.options(workerEnvironment(configuration.runtimeEnv))
    let described = try host.connect([try ToPython.dictionary(options), try ToPython.string(ProgramFingerprint.text)])
    return ClusterEngine(host: host, identity: identity(described), leavesAtExit: true)
  }

  private static func identity(_ described: PythonObject) -> ClusterEngine.Identity {
    let parts = FromPython.tuple(described.pointer)
    let job = FromPython.bytes(parts[0]).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return ClusterEngine.Identity(
      job: JobID(job), node: NodeNames.remember(FromPython.bytes(parts[1])),
      worker: WorkerID(Identifiers.word(FromPython.bytes(parts[2]))), namespace: FromPython.string(parts[3]))
  }

  /// Python for calls in this process; workers and drivers of a cluster have it already.
  static func startPythonForCalls() throws {
    if !Python.isLoaded { try PythonHome.shared.run { try startPython(needsRay: false) } }
    try Python.withLock {
      do { try addPackagePath() } catch let failure as PythonFailure {
        throw RayError(.internalError, failure.description)
      }
    }
  }

  private static func startPython(needsRay: Bool) throws {
    if Python.isLoaded { return }
    try Interpreter.start(try PythonLocation.find(needsRay: needsRay), handlesSignals: false)
  }

  private static func joinFromHome(_ configuration: ClusterConfiguration) throws -> ClusterEngine {
    try PythonHome.shared.run {
      try startPython(needsRay: true)
      return try join(configuration)
    }
  }

  private static func join(_ configuration: ClusterConfiguration) throws -> ClusterEngine {
    let signals = SignalActions()
    defer { signals.restore() }
    return try Python.withLock {
      do {
        _ = try WorkerFunctions.install()
        try addPackagePath()
        let host = try Host()
        return try connected(host, configuration)
      } catch let failure as PythonFailure {
        throw refusal(failure, configuration.address)
      }
    }
  }

  /// The Python package says what is wrong and what to do; Ray's own exceptions say what is wrong.
  private static func refusal(_ failure: PythonFailure, _ address: String?) -> RayError {
    let refused = "Refused: "
    if failure.description.hasPrefix(refused), let code = try? failure.exception?.attribute("code") {
      let name = FromPython.string(code.pointer)
      let known = RayError.Code.Value.allCases.first { "\($0)" == name } ?? .connectionLost
      return RayError(.init(known), String(failure.description.dropFirst(refused.count)))
    }
    if failure.description.contains("No module named 'swiftray'") {
      return RayError(
        .unsupported,
        "the Python at \(Interpreter.location?.executable ?? "hand") has no package 'swiftray'; it is the folder python/swiftray of "
          + "swift-ray: put it beside the program, or run: pip install <swift-ray>/python")
    }
    return RayError(.connectionLost, "cannot join the Ray cluster at '\(address ?? "local")': \(failure.description)")
  }

  /// What Ray's workers of this job need to become workers of this program.
  private static func workerEnvironment(_ user: RuntimeEnv?) throws -> [String: OptionValue] {
    var environment = try user.map(RuntimeEnvValues.ofJob) ?? [:]
    var variables: [String: OptionValue] = [workerVariable: .string("1")]
    if let location = Interpreter.location { variables[PythonLocation.hintVariable] = .string(location.hint) }
    for name in [PythonLocation.executableVariable, PythonLocation.libraryVariable] {
      if let value = PythonLocation.variable(name) { variables[name] = .string(value) }
    }
    if let path = packagePath { variables[packageVariable] = .string(path) }
    if let library = PythonLocation.variable(libraryVariable) {
      variables[libraryVariable] = .string(library)
      if let path = packagePath {
        variables["PYTHONPATH"] = .string(
          ([path] + [PythonLocation.variable("PYTHONPATH")].compactMap { $0 }).joined(separator: ":"))
      }
      environment["worker_process_setup_hook"] = .string("swiftray.worker.setup")
    } else {
      environment["py_executable"] = .string(try ownExecutable())
    }
    if case .map(let named)? = environment["env_vars"] { variables.merge(named) { _, user in user } }
    environment["env_vars"] = .map(variables)
    return environment
  }

  /// The program's path, the way every node of the cluster finds it: below the job's working directory where there is one.
  private static func ownExecutable() throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count > 0 else { throw RayError(.systemLimit, "cannot find the path of this program") }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  // MARK: The Python package

  /// A checkout's package serves programs that are built from it; everybody else installs it.
  private static var packagePath: String? {
    if let path = PythonLocation.variable(packageVariable) { return path }
    let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/python"
    return access(source + "/swiftray/host.py", R_OK) == 0 ? source : nil
  }

  private static let isPathAdded = Atomic<Bool>(false)

  private static func addPackagePath() throws {
    guard let path = packagePath, !isPathAdded.exchange(true, ordering: .relaxed) else { return }
    let list = try PythonObject(owning: ToPython.checked(Python.api.importModule("sys"))).attribute("path")
    _ = try list.attribute("append")([try ToPython.string(path)])
  }

  // MARK: Workers

  /// Becomes a Python worker of Ray when Ray has started this program as one, and then never returns. Costs one `getenv` otherwise.
  package static func enterWorkerIfRequested() {
    guard getenv(workerVariable) != nil else { return }
    let arguments = commandLine()
    guard arguments.count > 1, arguments[1].hasSuffix("default_worker.py") else { return }
    do {
      try Interpreter.start(try PythonLocation.find(workerScript: arguments[1]), handlesSignals: true)
      WorkerState.becomeWorker()
      try Python.withLock { try runScript(arguments) }
      exit(0)
    } catch let failure as PythonFailure {
      continueWithoutProgram(arguments, "\(failure)")
    } catch {
      continueWithoutProgram(arguments, "\(error)")
    }
  }

  /// A worker that ends is started again for ever, so a plain Python worker takes this one's place: its calls fail with the reason.
  private static func continueWithoutProgram(_ arguments: [String], _ reason: String) -> Never {
    complain(reason)
    guard getenv(failureVariable) == nil, let python = try? PythonLocation.interpreter(ofWorker: arguments[1]) else { exit(1) }
    setenv(failureVariable, "this program could not become a worker on this node: \(reason)", 1)
    var words: [UnsafeMutablePointer<CChar>?] = ([python] + arguments.dropFirst()).map { strdup($0) } + [nil]
    execv(python, &words)
    exit(1)
  }

  /// Runs Ray's own worker script in this process.
  private static func runScript(_ arguments: [String]) throws {
    _ = try WorkerFunctions.install()
    try addPackagePath()
    let sys = PythonObject(owning: try ToPython.checked(Python.api.importModule("sys")))
    let list = try ToPython.list(try arguments.dropFirst().map { try ToPython.string($0) })
    _ = Python.api.setAttribute(sys.pointer, "argv", list)
    Python.api.release(list)
    _ = PythonObject(owning: try ToPython.checked(Python.api.importModule("swiftray.entry")))
  }

  private static func commandLine() -> [String] {
    // `CommandLine` is not filled yet where the loader runs this before `main`.
    guard let file = fopen("/proc/self/cmdline", "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
  }

  private static func complain(_ text: String) {
    let line = "swift-ray worker: \(text)\n"
    _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
  }

  static var isWorkerProcess: Bool { getenv(workerVariable) != nil }

  /// Whether the Python of this process is part of a cluster; asking Ray itself would make it start one. The lock is held.
  static var isPythonConnected: Bool {
    guard let module = Python.api.importModule("swiftray.library") else {
      Python.api.clearError()
      return false
    }
    let library = PythonObject(owning: module)
    return (try? library.attribute("is_connected")()).map { FromPython.bool($0.pointer) } ?? false
  }

  /// The engine of a process that Ray has started and connected.
  static func engineOfThisWorker() throws -> ClusterEngine {
    try Python.withLock {
      let host = try Host()
      let module = PythonObject(owning: try ToPython.checked(Python.api.importModule("swiftray.host")))
      return ClusterEngine(host: host, identity: identity(try module.attribute("identity")()))
    }
  }
}

/// What Python calls when it has loaded this program as a library: makes module `_swiftray` and returns it.
@_cdecl("swiftray_python_module")
public func swiftrayPythonModule() -> UnsafeMutableRawPointer? {
  do {
    try Interpreter.adopt()
    ClusterStart.guest.store(true, ordering: .relaxed)
    return Python.calledFromPython {
      if getenv(ClusterStart.workerVariable) != nil { WorkerState.becomeWorker() }
      guard let module = try? WorkerFunctions.install() else { return nil }
      Python.api.retain(module)
      return module
    }
  } catch {
    return nil
  }
}
