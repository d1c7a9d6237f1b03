internal import CRayShims
internal import RayEngine
internal import RayProtocol
internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The worker role: the same executable, started again by the node, that runs calls until the node is gone.
package enum WorkerMain {
  /// Enters the worker role when the environment asks for it, and then never returns. Costs one `getenv` otherwise.
  package static func enterIfRequested() {
    guard let text = getenv(WorkerLaunch.environmentVariable), getenv(WorkerLaunch.foreignVariable) == nil else { return }
    let value = String(cString: text)
    // Programs that a task starts are no workers.
    unsetenv(WorkerLaunch.environmentVariable)
    guard let launch = WorkerLaunch(environmentValue: value) else {
      fail("cannot read \(WorkerLaunch.environmentVariable)='\(value)': the node is of another version")
    }
    run(launch)
  }

  /// A process that crashed keeps its sockets until its backtrace is printed; nobody shall wait longer than this for its end.
  private static var crashReportSecondsMax: UInt32 { 10 }

  private static func run(_ launch: WorkerLaunch) -> Never {
    // A reader that went away is seen as an error of the write, not as a signal.
    signal(SIGPIPE, SIG_IGN)
    cray_line_buffer_output()
    if let failure = RuntimeEnvironment.enterDirectory() { fail(failure) }
    cray_limit_crash_reports(crashReportSecondsMax)
    do {
      let loop = try EventLoop()
      try MainQueue.join(loop)
      let worker = try CoreWorker(
        id: launch.worker, node: OwnedDescriptor(adopting: launch.descriptor), loop: loop, faults: try Faults.plan())
      let executor = Executor(worker: worker)
      worker.nodeLost = { _ in
        fflush(nil)
        cray_exit_now(0)
      }
      worker.hostActor = { specification, restartCount, assigned in
        executor.host(specification, restartCount, assigned)
      }
      worker.endAfterQueue = { executor.endAfterQueue() }
      worker.onWelcome = {
        let namespace = worker.welcome?.namespace ?? ""
        CurrentEngine.install(EmbeddedEngine(worker: worker, isDriver: false, namespace: namespace))
      }
      try worker.start()
      worker.sayHello(token: launch.token)
      loop.run(until: { false })
      withExtendedLifetime(executor) {}
      cray_exit_now(0)
    } catch {
      fail("\(error)")
    }
  }

  private static func fail(_ message: String) -> Never {
    cray_complain("swift-ray worker: \(message)\n")
    cray_exit_now(70)
  }
}

extension CoreWorker {
  /// The first message to the node.
  func sayHello(token: UInt64) {
    lock.withLock {
      NodeRequest.hello(.init(worker: id, processID: getpid(), token: token)).append(to: state.nodeOutbox)
    }
    flush()
  }
}

/// Faults to inject into connections between workers, for tests.
enum Faults {
  /// Environment variable with a plan such as `drop=push:2,seed=42`.
  static let environmentVariable = "SWIFT_RAY_FAULTS"

  static func plan() throws(TransportError) -> FaultPlan? {
    guard let text = getenv(environmentVariable) else { return nil }
    let kinds = Dictionary(uniqueKeysWithValues: PeerFrameKind.allCases.map { (String(describing: $0), $0.rawValue) })
    return try FaultPlan(parsing: String(cString: text), kinds: kinds)
  }
}
