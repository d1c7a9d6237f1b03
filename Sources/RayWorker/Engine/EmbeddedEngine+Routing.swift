internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport
internal import Synchronization

/// Where a call goes and how it may be repeated.
struct Route {
  var function: UInt32
  /// Not counted: queues live as long as the process.
  var queue: Unmanaged<TaskQueue>?
  var actor: ActorID?
  /// Unfinished calls the actor may have of this process; -1 = any number.
  var maxPendingCalls: Int32 = -1
  var retries: Int32
  var retryThrown: Bool
}

/// A function's queue with one set of options, remembered in the options' box. Lives as long as the process.
final class QueueRecord {
  let worker: WorkerID
  let function: UInt32
  let queue: Unmanaged<TaskQueue>
  let retries: Int32
  let retryThrown: Bool

  init(worker: WorkerID, function: UInt32, queue: TaskQueue, retries: Int32, retryThrown: Bool) {
    self.worker = worker
    self.function = function
    self.queue = .passUnretained(queue)
    self.retries = retries
    self.retryThrown = retryThrown
  }
}

extension QueueRecord {
  @inline(__always)
  var route: Route { Route(function: function, queue: queue, actor: nil, retries: retries, retryThrown: retryThrown) }
}

extension EmbeddedEngine {
  /// Ray's default for tasks; actor calls are not repeated unless asked.
  private static var defaultTaskRetries: Int { 3 }

  @inline(__always)
  func route(_ target: CallTarget, _ options: TaskOptions) throws -> Route {
    switch target {
    case .function(let entry):
      return try taskRoute(function: key(entry.engineKey, entry.name), options, default: entry.options)
    case .namedFunction(let name):
      return try taskRoute(function: worker.lock.withLock { worker.machine.functionKey(named: name) }, options, default: options)
    case .method(let entry, let actor):
      return actorRoute(function: key(entry.engineKey, entry.name), actor, options)
    case .python(let callee): throw callee.unsupported(by: self)
    case .namedMethod(let name, let actor):
      return actorRoute(function: worker.lock.withLock { worker.machine.functionKey(named: name) }, actor, options)
    }
  }

  /// Function numbers are per process and engine; engines are few, so one cached number is enough.
  @inline(__always)
  private func key(_ cache: borrowing Atomic<UInt32>, _ name: String) -> UInt32 {
    let cached = cache.load(ordering: .relaxed)
    if cached != 0, Int(cached >> 20) == generation { return (cached & 0xFFFFF) - 1 }
    let key = worker.lock.withLock { worker.machine.functionKey(named: name) }
    if key < 0xFFFFF { cache.store(UInt32(generation) << 20 | (key + 1), ordering: .relaxed) }
    return key
  }

  @inline(__always)
  private func taskRoute(function: UInt32, _ options: TaskOptions, default defaults: TaskOptions) throws -> Route {
    let state = options.storage.engineState.load(ordering: .acquiring)
    if state & 1 == 0, let pointer = UnsafeRawPointer(bitPattern: state) {
      let route = Unmanaged<QueueRecord>.fromOpaque(pointer)._withUnsafeGuaranteedRef { record -> Route? in
        guard record.worker == worker.id, record.function == function else { return nil }
        return record.route
      }
      if let route { return route }
    }
    let record = try makeRecord(function, options)
    // Options shared by several functions keep the last one's record; the others look theirs up again.
    options.storage.engineState.store(
      UInt(bitPattern: Unmanaged.passUnretained(record).toOpaque()), ordering: .releasing)
    return record.route
  }

  private func makeRecord(_ function: UInt32, _ options: TaskOptions) throws -> QueueRecord {
    let values = options.values
    let terms = LeaseTerms(
      resources: try Self.resources(cpus: values.numCPUs ?? 1, gpus: values.numGPUs, memory: values.memory, values.resources),
      strategy: try strategy(values.schedulingStrategy), environment: try environment(values.runtimeEnv))
    let retries = values.maxRetries ?? Self.defaultTaskRetries
    guard retries >= -1 else { throw RayError(.invalidArgument, "maxRetries must be -1 (no limit) or more, not \(retries)") }
    let retryThrown = values.retryExceptions ?? !values.retryOn.isEmpty
    let key = QueueKey(
      function: function, terms: terms, retries: retries, retryThrown: retryThrown,
      retryOn: values.retryOn.map { ObjectIdentifier($0) })
    return queues.withLock { queues in
      if let record = queues[key] { return record }
      let queue = worker.lock.withLock { worker.machine.makeQueue(function: function, terms: terms) }
      queue.retryFilter = Self.retryFilter(values.retryOn)
      let record = QueueRecord(
        worker: worker.id, function: function, queue: queue, retries: Int32(clamping: retries),
        retryThrown: retryThrown)
      queues[key] = record
      return record
    }
  }

  struct QueueKey: Hashable {
    var function: UInt32
    var terms: LeaseTerms
    var retries: Int
    var retryThrown: Bool
    var retryOn: [ObjectIdentifier]
  }

  /// With a list of error types only those are worth another attempt.
  private static func retryFilter(_ types: [any Error.Type]) -> (@Sendable (UnsafeRawBufferPointer) -> Bool)? {
    guard !types.isEmpty else { return nil }
    let names = Set(types.map { String(reflecting: $0) })
    return { bytes in
      let failure = ErrorCoding.decode(bytes)
      return failure.details.errorType.map(names.contains) ?? false
    }
  }

  @inline(__always)
  private func actorRoute(function: UInt32, _ actor: ActorCore, _ options: TaskOptions) -> Route {
    let asked = options.storage.callRetries
    return Route(
      function: function, queue: nil, actor: actor.id, maxPendingCalls: actor.maxPendingCalls,
      retries: asked == -2 ? actor.maxTaskRetries : asked, retryThrown: options.storage.retriesThrown)
  }

  // MARK: Options

  static func resources(
    cpus: Double?, gpus: Double?, memory: Int?, _ custom: [String: Double]?
  ) throws -> ResourceSet {
    var amounts = custom ?? [:]
    for name in [ResourceSet.cpu, ResourceSet.gpu, ResourceSet.memory] where amounts[name] != nil {
      throw RayError(.invalidArgument, "'\(name)' has an option of its own; do not name it in resources")
    }
    if let cpus { amounts[ResourceSet.cpu] = cpus }
    if let gpus { amounts[ResourceSet.gpu] = gpus }
    if let memory { amounts[ResourceSet.memory] = Double(memory) }
    return try ResourceSet(checking: amounts)
  }

  func strategy(_ strategy: SchedulingStrategy?) throws -> LeaseStrategy {
    switch strategy {
    case nil, .automatic?: .hybrid
    case .spread?: .spread
    case .node(let node, let soft)?: .nodeAffinity(node, soft: soft)
    }
  }

  /// Tells the node about an environment before the first lease that needs it.
  func environment(_ environment: RuntimeEnv?) throws -> RuntimeEnvironmentID {
    guard let environment, !environment.environment.isEmpty || environment.workingDirectory != nil else { return .inherited }
    let variables = try RuntimeEnvironment.variables(of: environment).sorted { $0.key < $1.key }
      .map { NodeRequest.EnvironmentVariable(name: $0.key, value: $0.value) }
    let id = RuntimeEnvironmentID(Self.stableHash(variables))
    worker.lock.withLock {
      if worker.state.definedEnvironments.insert(id.rawValue).inserted {
        NodeRequest.defineEnvironment(id, variables).append(to: worker.state.nodeOutbox)
      }
    }
    return id
  }

  /// FNV-1a: the same text has the same number in every process.
  private static func stableHash(_ variables: [NodeRequest.EnvironmentVariable]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for variable in variables {
      for byte in Array(variable.name.utf8) + [0] + Array(variable.value.utf8) + [0] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
      }
    }
    return hash | 1
  }
}
