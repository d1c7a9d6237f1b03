internal import RayBridge
internal import RayEngine
internal import RayProtocol
internal import RayWorker
internal import Synchronization

/// Starts and stops the engine of this process.
enum Runtime {
  private static let state = Mutex(State())

  private struct State {
    var configuration: RayConfiguration?
    var engine: (any Engine)?
  }

  /// The engine, started with the defaults when nothing runs yet.
  @inline(__always)
  static func engine() throws -> any Engine {
    if let engine = CurrentEngine.engine { return engine }
    return try initialize(RayConfiguration(), isLazy: true)
  }

  /// Enters the role this process was started for, if it is a worker, and then never returns.
  ///
  /// Other threads of the same `main` that get here meanwhile wait for ever: a worker goes no further in it.
  static func enterWorkerIfRequested() {
    guard CurrentEngine.engine == nil else { return }
    role.withLock { _ in
      WorkerMain.enterIfRequested()
      ClusterStart.enterWorkerIfRequested()
    }
  }

  private static let role = Mutex(())

  @discardableResult
  static func initialize(_ configuration: RayConfiguration, isLazy: Bool = false) throws -> any Engine {
    enterWorkerIfRequested()
    return try state.withLock { state in
      if let engine = CurrentEngine.engine {
        guard isLazy || state.configuration == configuration else {
          throw RayError(.alreadyInitialized, "Ray runs with another configuration; call Ray.shutdown() first")
        }
        return engine
      }
      if ClusterStart.isGuestOfPython {
        throw RayError(
          .notInitialized,
          "this Swift code runs in a Python process that has joined no cluster, so that it can make no remote calls; "
            + "call swiftray.init() first")
      }
      let engine: any Engine =
        switch try EngineChoice(configuration) {
        case .embedded: try startEmbedded(configuration, loop: .background)
        case .cluster(let address): try connect(configuration, address)
        }
      state.configuration = configuration
      state.engine = engine
      return engine
    }
  }

  private static func startEmbedded(_ configuration: RayConfiguration, loop: DriverLoop) throws -> EmbeddedEngine {
    try Driver.start(
      DriverConfiguration(
        namespace: configuration.namespace, cpus: configuration.numCPUs, gpus: configuration.numGPUs,
        resources: configuration.resources, objectStoreByteCount: configuration.objectStoreMemory,
        infeasibleTimeout: configuration.infeasibleTimeout,
        environment: try configuration.runtimeEnv.map(RuntimeEnvironment.variables) ?? [:],
        forwardsLogs: configuration.logToDriver),
      loop: loop)
  }

  private static func connect(_ configuration: RayConfiguration, _ address: String?) throws -> ClusterEngine {
    try ClusterStart.connect(
      ClusterConfiguration(
        address: address, namespace: configuration.namespace, cpus: configuration.numCPUs, gpus: configuration.numGPUs,
        resources: configuration.resources, objectStoreByteCount: configuration.objectStoreMemory,
        runtimeEnv: configuration.runtimeEnv, logsToDriver: configuration.logToDriver))
  }

  static func shutdown() async {
    let engine = state.withLock { state -> (any Engine)? in
      state.configuration = nil
      defer { state.engine = nil }
      return state.engine
    }
    guard let engine else { return }
    CurrentEngine.uninstall()
    await engine.shutdown()
  }

  // MARK: Whole programs

  /// Runs a program's main function on the engine's own loop, on the calling thread: results arrive without a thread switch.
  static func runMain(_ configuration: RayConfiguration, _ main: @escaping @Sendable () async throws -> Void) -> Never {
    do {
      switch try EngineChoice(configuration) {
      case .embedded:
        let engine = try startEmbedded(configuration, loop: .callingThread)
        keep(engine, configuration)
        Driver.exit(Driver.runToEnd(engine, main))
      case .cluster(let address):
        let engine = try connect(configuration, address)
        keep(engine, configuration)
        Driver.exit(ClusterMain.runToEnd(engine, main))
      }
    } catch {
      Driver.fail("cannot start: \(error)")
    }
  }

  private static func keep(_ engine: any Engine, _ configuration: RayConfiguration) {
    state.withLock { state in
      state.configuration = configuration
      state.engine = engine
    }
  }
}
