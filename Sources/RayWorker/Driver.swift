internal import CRayShims
internal import RayEngine
internal import RayNode
internal import RayObjectStore
internal import RayProtocol
internal import RayTransport
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Who runs the driver's event loop.
package enum DriverLoop: Sendable {
  /// A thread of its own; the program's tasks run elsewhere.
  case background
  /// The calling thread, which also runs the program's tasks.
  case callingThread
}

/// What a driver's node offers.
package struct DriverConfiguration: Sendable {
  package var namespace: String?
  package var cpus: Double?
  package var gpus: Double?
  package var resources: [String: Double]
  package var objectStoreByteCount: Int?
  package var infeasibleTimeout: Duration
  package var environment: [String: String]
  package var forwardsLogs: Bool

  package init(
    namespace: String?, cpus: Double?, gpus: Double?, resources: [String: Double], objectStoreByteCount: Int?,
    infeasibleTimeout: Duration = .zero, environment: [String: String], forwardsLogs: Bool
  ) {
    self.namespace = namespace
    self.cpus = cpus
    self.gpus = gpus
    self.resources = resources
    self.objectStoreByteCount = objectStoreByteCount
    self.infeasibleTimeout = infeasibleTimeout
    self.environment = environment
    self.forwardsLogs = forwardsLogs
  }
}

/// The driver role: the process that starts the node, owns most objects and sees the results.
package enum Driver {
  /// Starts a node inside this process and joins it.
  package static func start(_ configuration: DriverConfiguration, loop mode: DriverLoop) throws -> EmbeddedEngine {
    signal(SIGPIPE, SIG_IGN)
    do {
      let faults = try Faults.plan()
      let loop = try EventLoop()
      if mode == .callingThread { try MainQueue.join(loop) }
      let node = try NodeManager(try nodeConfiguration(configuration))
      do {
        return try join(node, loop, mode, faults)
      } catch {
        node.stop()
        if mode == .background { loop.shutdown() }
        throw error
      }
    } catch let error as TransportError {
      let code: RayError.Code = error.code == .invalidArgument ? .invalidArgument : .systemLimit
      throw RayError(code, "cannot start Ray: \(error.message)")
    }
  }

  private static func join(
    _ node: NodeManager, _ loop: EventLoop, _ mode: DriverLoop, _ faults: FaultPlan?
  ) throws -> EmbeddedEngine {
    let worker = try CoreWorker(id: node.driverID, node: try node.start(), loop: loop, faults: faults)
    let isReady = Signal()
    let refusal = Mutex<String?>(nil)
    worker.onWelcome = { isReady.set() }
    worker.nodeLost = { reason in
      refusal.withLock { $0 = reason }
      isReady.set()
      worker.nodeEnded(reason)
    }
    try worker.start()
    worker.sayHello(token: 0)
    let engine = EmbeddedEngine(worker: worker, isDriver: true, namespace: node.configuration.namespace) {
      worker.beginShutdown()
      node.stop()
      if mode == .background { loop.shutdown() }
      worker.failEverything()
      // The memory stays: references that are left may be read. The client's thread does not.
      worker.store?.detach()
    }
    switch mode {
    case .background:
      try loop.start()
      isReady.wait()
    case .callingThread: _ = loop.run(until: { isReady.isSet })
    }
    worker.onWelcome = nil
    guard worker.welcome != nil else {
      throw RayError(.systemLimit, "cannot start Ray: \(refusal.withLock { $0 } ?? "the node did not answer")")
    }
    CurrentEngine.install(engine)
    return engine
  }

  private static func nodeConfiguration(_ configuration: DriverConfiguration) throws -> NodeConfiguration {
    var result = NodeConfiguration()
    if let cpus = configuration.cpus {
      guard cpus >= 0, cpus < 1e6 else { throw RayError(.invalidArgument, "numCPUs must be zero or more, not \(cpus)") }
      result.resources[ResourceSet.cpu] = Int64((cpus * Double(ResourceSet.unit)).rounded())
    }
    if let gpus = configuration.gpus {
      guard gpus >= 0, gpus < 1e4 else { throw RayError(.invalidArgument, "numGPUs must be zero or more, not \(gpus)") }
      result.resources[ResourceSet.gpu] = Int64((gpus * Double(ResourceSet.unit)).rounded())
    }
    for (name, amount) in configuration.resources {
      guard ![ResourceSet.cpu, ResourceSet.gpu, ResourceSet.memory].contains(name), amount >= 0, amount < 1e12 else {
        throw RayError(
          .invalidArgument, "resource '\(name)' of \(amount): CPU and GPU have parameters of their own, amounts are zero or more")
      }
      result.resources[name] = Int64((amount * Double(ResourceSet.unit)).rounded())
    }
    guard configuration.infeasibleTimeout >= .zero else {
      throw RayError(.invalidArgument, "infeasibleTimeout must not be negative")
    }
    result.infeasibleTimeout = configuration.infeasibleTimeout
    if let count = configuration.objectStoreByteCount, count <= 0 {
      throw RayError(.invalidArgument, "objectStoreMemory of \(count) bytes: it must be more than zero")
    }
    result.storeByteCount = configuration.objectStoreByteCount
    result.namespace = configuration.namespace ?? "job-\(getpid())"
    result.environment = configuration.environment
    result.forwardsLogs = configuration.forwardsLogs
    return result
  }

  // MARK: Whole programs

  /// Runs `main` on the engine's loop, which the calling thread runs, then shuts down. Returns the exit status.
  package static func runToEnd(_ engine: EmbeddedEngine, _ main: @escaping @Sendable () async throws -> Void) -> Int32 {
    let loop = engine.worker.loop
    let outcome = Outcome()
    Task(executorPreference: loop) {
      do {
        try await main()
        outcome.status.store(0, ordering: .releasing)
      } catch {
        cray_complain("Error: \(error)\n")
        outcome.status.store(1, ordering: .releasing)
      }
      loop.notify()
    }
    _ = loop.run(until: { outcome.status.load(ordering: .acquiring) >= 0 })
    engine.stopNodeNow()
    return outcome.status.load(ordering: .acquiring)
  }

  private final class Outcome: Sendable { let status = Atomic<Int32>(-1) }

  package static func exit(_ status: Int32) -> Never {
    fflush(nil)
    cray_exit(status)
  }

  package static func fail(_ message: String) -> Never {
    cray_complain("swift-ray: \(message)\n")
    cray_exit(1)
  }
}

/// Something that happens once, between threads. Needs no descriptor: there may be none left.
final class Signal: Sendable {
  private let lock = Lock()
  private let changed = Condition()
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() {
    lock.lock()
    flag.store(true, ordering: .releasing)
    changed.broadcast()
    lock.unlock()
  }

  func wait() {
    lock.lock()
    while !isSet { changed.wait(lock) }
    lock.unlock()
  }
}
