internal import CRayShims
internal import RayEngine
internal import RayProtocol
internal import Synchronization

/// What a Python worker of Ray knows about the Swift code it runs.
enum WorkerState {
  private struct State {
    var instances: [Int: HostedInstance] = [:]
    var calls: [Int: RunningCall] = [:]
    var streams: [Int: OutgoingStream] = [:]
    var nextToken = 1
    /// The call that the main thread runs, and the thread that serves it.
    var mainCall: RunningCall?
  }

  private static let state = Mutex(State())
  private static let worker = Atomic<Bool>(false)

  static var isWorker: Bool { worker.load(ordering: .acquiring) }
  /// What functions print goes to a file: written block by block, the driver would see it when the worker ends.
  static func becomeWorker() {
    guard !worker.exchange(true, ordering: .acquiringAndReleasing) else { return }
    cray_line_buffer_output()
    MainQueue.watch {
      // Ray's own loop on the first thread lets Python handle signals.
      try? Python.withLock {
        let module = PythonObject(owning: try ToPython.checked(Python.api.importModule("swiftray.main_actor")))
        _ = try module.attribute("interrupt")()
      }
    }
  }

  // MARK: Tokens

  static func add(_ instance: HostedInstance) -> Int { add { $0.instances[$1] = instance } }
  static func add(_ call: RunningCall) -> Int { add { $0.calls[$1] = call } }
  static func add(_ stream: OutgoingStream) -> Int { add { $0.streams[$1] = stream } }

  private static func add(_ body: (inout State, Int) -> Void) -> Int {
    state.withLock { state in
      defer { state.nextToken += 1 }
      body(&state, state.nextToken)
      return state.nextToken
    }
  }

  static func instance(_ token: Int) -> HostedInstance? { state.withLock { $0.instances[token] } }
  static func stream(_ token: Int) -> OutgoingStream? { state.withLock { $0.streams[token] } }
  static func call(_ token: Int) -> RunningCall? { state.withLock { $0.calls[token] } }
  static func forgetCall(_ token: Int) { _ = state.withLock { $0.calls.removeValue(forKey: token) } }
  static func forgetInstance(_ token: Int) { _ = state.withLock { $0.instances.removeValue(forKey: token) } }
  static func forgetStream(_ token: Int) -> OutgoingStream? { state.withLock { $0.streams.removeValue(forKey: token) } }

  // MARK: The main thread

  /// Ray runs tasks on the process's first thread.
  static var isOnMainThread: Bool { cray_is_main_thread() != 0 }

  /// Returns the one before: a call may call Python code that calls Swift code.
  @discardableResult
  static func setMainCall(_ call: RunningCall?) -> RunningCall? {
    state.withLock { state in
      defer { state.mainCall = call }
      return state.mainCall
    }
  }

  /// A stream of the main thread is what Ray cancels there, unless a call of this process reads it.
  static func beginMainStream(_ call: RunningCall?) { state.withLock { $0.mainCall = $0.mainCall ?? call } }
  static func endMainStream(_ call: RunningCall?) { state.withLock { if $0.mainCall === call { $0.mainCall = nil } } }

  /// Ray cancels what the main thread runs; false when Python's own interrupt is wanted, too: where no Swift code runs there, or
  /// where the thread only waits for the next element of a stream.
  @discardableResult
  static func interrupt() -> Bool {
    guard let call = state.withLock({ $0.mainCall }) else { return false }
    call.cancel()
    return !call.isStream
  }

  // MARK: Executors

  /// Serves calls that Ray makes on its own threads; each thread has one.
  static func threadExecutor() -> ServingThread {
    ServingThread.forThisThread(
      lendsCPU: isWorker,
      { requests in
        guard let engine = CurrentEngine.engine as? ClusterEngine else { return }
        engine.block(on: requests.compactMap { $0 as? ReadyRequest }, milliseconds: Pump.servingSlice)
      }, idle: isWorker ? nil : heedSignals)
  }

  /// In a Python program, its interrupt cancels the Swift call that its first thread waits for.
  private static let heedSignals: @Sendable () -> Void = {
    let isInterrupted = Python.withLock { () -> Bool in
      guard Python.api.checkSignals() != 0 else { return false }
      Python.api.clearError()
      return true
    }
    if isInterrupted { interrupt() }
  }

  /// Runs the interleaving calls of an actor, one job at a time.
  static let actorExecutor: ServingThread = {
    let executor = ServingThread()
    SystemThread.start("ray-actor") { executor.serve(until: { false }) }
    return executor
  }()
}
