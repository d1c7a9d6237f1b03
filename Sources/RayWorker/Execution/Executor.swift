internal import CRayShims
internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport
internal import Synchronization

/// Runs the calls of a worker on the loop's thread.
///
/// Long-lived runner tasks take calls one after another; a function that does not suspend costs no task. When every runner
/// is suspended and calls wait, another runner starts: suspended calls hold no slot, so nested calls of any depth go on.
final class Executor: @unchecked Sendable {
  // Sendable: everything but `worker` is touched on the loop's thread only.

  let worker: CoreWorker
  @exclusivity(unchecked) private var idleRunners: [Runner] = []
  @exclusivity(unchecked) private var liveRunners = 0
  /// By function number.
  @exclusivity(unchecked) private var callees: [Callee?] = []
  @exclusivity(unchecked) var hosted: HostedActor?
  /// Calls that have started and not ended; bounds the concurrency of actors.
  @exclusivity(unchecked) private(set) var activeCalls = 0
  @exclusivity(unchecked) private var isEnding = false
  /// Taken in the same turn of the lock in which its predecessor ended.
  @exclusivity(unchecked) var following: ExecutionCall?
  /// When the last call ended, if the next one followed at once; 0 = look at the clock.
  @exclusivity(unchecked) var lastEnd: UInt64 = 0
  /// Made once: a closure per call would be an allocation per call.
  private let storedBytes: @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer

  init(worker: CoreWorker) {
    self.worker = worker
    storedBytes = worker.makeStoredBytesReader()
    worker.runCalls = { [unowned self] in runCalls() }
    worker.cancelCall = { call, force in
      if force { cray_exit_now(128 + 15) }
      (call.shellState as? Runner)?.cancel(call)
    }
  }

  // MARK: Runners

  /// Called on the loop's thread when calls wait and nothing else runs: every runner is idle or suspended.
  private func runCalls() {
    guard mayStartCall, worker.hasRunnableCalls else { return endIfDrained() }
    if let runner = idleRunners.popLast() { runner.resume() } else { startRunner() }
    // What this runner leaves when it suspends inside a call is for the next one: nothing else would ask again.
    worker.loop.requestWork()
  }

  private func startRunner() {
    liveRunners += 1
    let runner = Runner()
    let loop = worker.loop
    let task = Task.immediate(executorPreference: loop) { [self] in
      runner.enter()
      await Runner.$current.withValue(runner) { await run(runner) }
      liveRunners -= 1
      if worker.hasRunnableCalls { loop.requestWork() }
    }
    runner.keep(task)
  }

  private func run(_ runner: Runner) async {
    while true {
      guard let call = nextCall(runner) else {
        if await waitForCall(runner) { continue } else { return }
      }
      activeCalls += 1
      let head = call.head
      let callee = callee(head.function)
      if callee.mayRunAtOnce {
        executeAtOnce(call, head, callee, runner)
      } else {
        await execute(call, head, callee, runner)
      }
      activeCalls -= 1
    }
  }

  /// Nil when there is none for this runner: it waits, or ends when its task was cancelled.
  private func nextCall(_ runner: Runner) -> ExecutionCall? {
    if let call = following.take() {
      if !runner.isSpoiled { return call }
      worker.putBack(call)
    }
    lastEnd = 0
    guard !runner.isSpoiled, mayStartCall else { return nil }
    return worker.takeRunnableCall()
  }

  /// Suspends the runner until calls wait; false when it is to end.
  private func waitForCall(_ runner: Runner) async -> Bool {
    if runner.isSpoiled { return false }
    endIfDrained()
    if idleRunners.count >= Self.idleRunnerCountMax { return false }
    await withUnsafeContinuation { continuation in
      runner.continuation = continuation
      idleRunners.append(runner)
    }
    return true
  }

  private static var idleRunnerCountMax: Int { 64 }

  /// Class actors without `async` methods run one call at a time anyway; the others are bounded by `maxConcurrency`.
  private var mayStartCall: Bool { hosted.map { $0.isReady && activeCalls < $0.maxConcurrency } ?? true }

  // MARK: Calls

  /// A call that cannot suspend: no asynchronous frame is made for it.
  private func executeAtOnce(_ call: ExecutionCall, _ head: ExecutionCall.Head, _ callee: Callee, _ runner: Runner) {
    runner.begin(call, token: head.token)
    defer { runner.end() }
    guard mayRun(call, head, callee) else { return }
    let arguments = arguments(head, callee, runner)
    switch callee.body {
    case .function(.sync(let body)): runSync(call, callee) { writer in try body(arguments, &writer) }
    case .method(.sync(let body)):
      guard let instance = hosted?.instance else { return finishUnknown(call, callee.signature.function) }
      runSync(call, callee) { writer in try body(instance, arguments, &writer) }
    default: finishUnknown(call, callee.signature.function)
    }
  }

  private func execute(_ call: ExecutionCall, _ head: ExecutionCall.Head, _ callee: Callee, _ runner: Runner) async {
    runner.begin(call, token: head.token)
    defer { runner.end() }
    guard mayRun(call, head, callee) else { return }
    let arguments = arguments(head, callee, runner)
    switch callee.body {
    case .function(.async(let body)):
      await runAsync(call) { writer in try await body(arguments, &writer) }
    case .function(.stream(let body)):
      await runStream(call) { sink in try await body(arguments, sink) }
    case .method(let method):
      guard let instance = hosted?.instance else { return finishUnknown(call, callee.signature.function) }
      switch method {
      case .async(let body): await runAsync(call) { writer in try await body(instance, arguments, &writer) }
      case .stream(let body): await runStream(call) { sink in try await body(instance, arguments, sink) }
      case .sync: finishUnknown(call, callee.signature.function)
      }
    case .function(.sync), .unknown: finishUnknown(call, callee.signature.function)
    }
  }

  /// False when the call was answered without running it.
  @inline(__always)
  private func mayRun(_ call: ExecutionCall, _ head: ExecutionCall.Head, _ callee: Callee) -> Bool {
    if head.isCancelled {
      finishCancelled(call)
      return false
    }
    return callee.streams == head.isStream || !refuses(call, callee)
  }

  @inline(__always)
  private func arguments(_ head: ExecutionCall.Head, _ callee: Callee, _ runner: Runner) -> TaskArguments {
    TaskArguments(head.arguments, signature: callee.signature, context: UnsafeRawPointer(runner.source))
  }

  private func callee(_ key: UInt32) -> Callee {
    if Int(key) < callees.count, let known = callees[Int(key)] { return known }
    let name = worker.functionName(key)
    let found: Callee
    if let hosted {
      found = hosted.method(named: name).map { Callee($0, storedBytes) } ?? Callee(unknown: name)
    } else {
      found = RemoteRegistry.function(named: name).map { Callee($0, storedBytes) } ?? Callee(unknown: name)
    }
    // A function that is not there now may come with a library loaded later.
    if case .unknown = found.body { return found }
    while callees.count <= Int(key) { callees.append(nil) }
    callees[Int(key)] = found
    return found
  }

  // MARK: Actors

  /// Turns this worker into the home of one actor, for the rest of its life.
  func host(_ specification: ActorSpec, _ restartCount: UInt32, _ assigned: AssignedResources) {
    guard let entry = RemoteRegistry.actor(named: specification.className) else {
      let error = NameSearch.failure(
        specification.className, among: RemoteRegistry.actorNames, noun: "remote actor class", place: "this program",
        code: .unknownActorClass)
      return worker.actorConstructed(specification.id, ErrorCoding.encode(error))
    }
    let actor = HostedActor(entry, specification, restartCount, assigned)
    worker.lock.withLock { worker.state.hosted = actor }
    VisibleDevices.show(assigned)
    worker.loop.execute { [self] in
      hosted = actor
      callees = []
      _ = Task.immediate(executorPreference: worker.loop) {
        await actor.construct(on: worker)
        if worker.hasRunnableCalls { worker.loop.requestWork() }
      }
    }
  }

  /// The last handle is gone: the process ends when nothing runs or waits any more.
  func endAfterQueue() {
    worker.loop.execute { [self] in
      isEnding = true
      worker.lock.withLock { worker.state.isEnding = true }
      endIfDrained()
    }
  }

  private func endIfDrained() {
    guard isEnding, activeCalls == 0, worker.isDrained else { return }
    isEnding = false
    worker.exitActor()
  }
}
