internal import RayEngine
internal import RayProtocol
internal import RayWorker
internal import Synchronization

/// Starts and stops the engine of this process.
enum Runtime {
  private static let state = Mutex(State())

  private struct State {
    var configuration: RayConfiguration?
    var engine: EmbeddedEngine?
  }

  /// The engine, started with the defaults when nothing runs yet.
  @inline(__always)
  static func engine() throws -> any Engine {
    if let engine = CurrentEngine.engine { return engine }
    return try initialize(RayConfiguration(), isLazy: true)
  }

  @discardableResult
  static func initialize(_ configuration: RayConfiguration, isLazy: Bool = false) throws -> any Engine {
    WorkerMain.enterIfRequested()
    return try state.withLock { state in
      if let engine = CurrentEngine.engine {
        guard isLazy || state.configuration == configuration else {
          throw RayError(.alreadyInitialized, "Ray runs with another configuration; call Ray.shutdown() first")
        }
        return engine
      }
      let engine = try start(configuration, loop: .background)
      state.configuration = configuration
      state.engine = engine
      return engine
    }
  }

  private static func start(_ configuration: RayConfiguration, loop: DriverLoop) throws -> EmbeddedEngine {
    if let address = configuration.address, address != "local" {
      throw RayError(.unsupported, "cannot connect to '\(address)': only the embedded engine (\"local\") is here yet")
    }
    return try Driver.start(
      DriverConfiguration(
        namespace: configuration.namespace, cpus: configuration.numCPUs, gpus: configuration.numGPUs,
        resources: configuration.resources, objectStoreByteCount: configuration.objectStoreMemory,
        environment: configuration.runtimeEnv?.environment ?? [:], forwardsLogs: configuration.logToDriver),
      loop: loop)
  }

  static func shutdown() async {
    let engine = state.withLock { state -> EmbeddedEngine? in
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
      let engine = try state.withLock { state in
        let engine = try start(configuration, loop: .callingThread)
        state.configuration = configuration
        state.engine = engine
        return engine
      }
      let status = Driver.runToEnd(engine, main)
      Driver.exit(status)
    } catch {
      Driver.fail("cannot start: \(error)")
    }
  }
}
