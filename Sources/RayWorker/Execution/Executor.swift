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
  private var idleRunners: [Runner] = []
  private var liveRunners = 0
  private var executables: [UInt32: Executable] = [:]
  var hosted: HostedActor?
  /// Calls that have started and not ended; bounds the concurrency of actors.
  private(set) var activeCalls = 0
  private var isEnding = false
  /// Made once: a closure per call would be an allocation per call.
  private let storedBytes: @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer

  /// What a function number stands for in this process.
  enum Executable {
    case function(RemoteEntry, Profile)
    case method(ActorMethodEntry, Profile)
    case unknown(String)
  }

  /// Predicts how long a function runs, so that the sockets are handed over before long user code.
  final class Profile {
    var average: UInt64 = 0
    var isKnown = false
    var isLong: Bool { !isKnown || average > 100_000 }

    func note(_ nanoseconds: UInt64) {
      average = isKnown ? (average * 7 + nanoseconds) / 8 : nanoseconds
      isKnown = true
    }
  }

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
    runner.task = Task.immediate(executorPreference: loop) { [self] in
      await Runner.$current.withValue(runner) { await run(runner) }
      liveRunners -= 1
      if worker.hasRunnableCalls { loop.requestWork() }
    }
  }

  private func run(_ runner: Runner) async {
    while !runner.isSpoiled {
      if mayStartCall, let call = worker.takeRunnableCall() {
        activeCalls += 1
        await execute(call, runner)
        activeCalls -= 1
      } else {
        endIfDrained()
        if idleRunners.count >= Self.idleRunnerCountMax { return }
        await withUnsafeContinuation { continuation in
          runner.continuation = continuation
          idleRunners.append(runner)
        }
      }
    }
  }

  private static var idleRunnerCountMax: Int { 64 }

  /// Class actors without `async` methods run one call at a time anyway; the others are bounded by `maxConcurrency`.
  private var mayStartCall: Bool { hosted.map { $0.isReady && activeCalls < $0.maxConcurrency } ?? true }

  // MARK: Calls

  private func execute(_ call: ExecutionCall, _ runner: Runner) async {
    runner.begin(call)
    defer { runner.end() }
    if call.isCancelled { return finishCancelled(call) }
    switch executable(call.function) {
    case .function(let entry, let profile):
      if refuses(call, entry.name, streams: entry.body.streams) { return }
      let arguments = arguments(call, runner, entry.name, entry.parameters)
      switch entry.body {
      case .sync(let body):
        runSync(call, profile) { writer in try body(arguments, &writer) }
      case .async(let body):
        await runAsync(call) { writer in try await body(arguments, &writer) }
      case .stream(let body):
        await runStream(call) { sink in try await body(arguments, sink) }
      }
    case .method(let entry, let profile):
      guard let instance = hosted?.instance else { return finishUnknown(call, entry.name) }
      if refuses(call, entry.name, streams: entry.body.streams) { return }
      let arguments = arguments(call, runner, entry.name, entry.parameters)
      switch entry.body {
      case .sync(let body):
        runSync(call, profile) { writer in try body(instance, arguments, &writer) }
      case .async(let body):
        await runAsync(call) { writer in try await body(instance, arguments, &writer) }
      case .stream(let body):
        await runStream(call) { sink in try await body(instance, arguments, sink) }
      }
    case .unknown(let name): finishUnknown(call, name)
    }
  }

  private func arguments(
    _ call: ExecutionCall, _ runner: Runner, _ name: String, _ parameters: [RemoteEntry.Parameter]
  ) -> TaskArguments {
    TaskArguments(
      UnsafeRawBufferPointer(call.arguments), function: name, parameters: parameters,
      context: UnsafeRawPointer(runner.source), resolve: storedBytes)
  }

  private func executable(_ key: UInt32) -> Executable {
    if let known = executables[key] { return known }
    let name = worker.functionName(key)
    let found: Executable
    if let hosted {
      found = hosted.method(named: name).map { .method($0, Profile()) } ?? .unknown(name)
    } else {
      found = RemoteRegistry.function(named: name).map { .function($0, Profile()) } ?? .unknown(name)
    }
    // A function that is not there now may come with a library loaded later.
    if case .unknown = found { return found }
    executables[key] = found
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
      executables = [:]
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
      endIfDrained()
    }
  }

  private func endIfDrained() {
    guard isEnding, activeCalls == 0, !worker.hasRunnableCalls else { return }
    isEnding = false
    worker.exitActor()
  }
}
