internal import MessagePack
package import RayEngine
internal import RayProtocol

extension ClusterEngine {
  package func submit(
    _ target: borrowing CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectHandle {
    try checkRunning()
    let isSwift = if case .python = copy target { false } else { true }
    let submitter = try submitter(copy target, options, .one)
    return try encoding(arguments) { bytes, direct, kept in
      try host.run { _ in try adoptObject(try submit(submitter, bytes, direct, kept), isSwift: isSwift) }
    }
  }

  package func submitSplit(
    _ target: borrowing CallTarget, options: TaskOptions, parts: Int, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> [ObjectHandle] {
    try call(target, options, .parts(parts), arguments) { result in
      try FromPython.list(result.pointer).map { try adoptObject(PythonObject(borrowing: $0)) }
    }
  }

  package func submitStream(
    _ target: borrowing CallTarget, options: TaskOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> StreamHandle {
    try call(target, options, .stream, arguments) { generator in
      let task = Identifiers.object(FromPython.bytes(try generator.attribute("completed")().attribute("binary")().pointer))
      // The object of that name may come as the last element, with the error of a failed stream.
      let id = ObjectID(owner: task.owner, index: ~task.index)
      _ = table.add(id) { ObjectTable.Entry(generator, .stream) }
      return StreamHandle(completion: ObjectHandle(id: id, engine: self))
    }
  }

  /// Encodes the arguments without Python's lock, then submits with it.
  private func call<Result>(
    _ target: borrowing CallTarget, _ options: TaskOptions, _ returns: Submitters.Returns,
    _ arguments: (inout ArgumentWriter) throws -> Void, _ adopt: (PythonObject) throws -> Result
  ) throws -> Result {
    try checkRunning()
    let submitter = try submitter(copy target, options, returns)
    return try encoding(arguments) { bytes, direct, kept in
      try host.run { _ in
        try adopt(try submitter.function(try payload(submitter.head, bytes, direct, kept)))
      }
    }
  }

  /// Submits a call with one result; the lock is held.
  private func submit(
    _ submitter: Submitter, _ bytes: UnsafeRawBufferPointer, _ direct: [ObjectHandle], _ kept: [any AnyObject & Sendable]
  ) throws -> PythonObject {
    let count = submitter.head.count + bytes.count
    guard direct.isEmpty, kept.isEmpty, let call = submitter.direct, call.takes(byteCount: count) else {
      return try submitter.function(try payload(submitter.head, bytes, direct, kept))
    }
    return try call(try payload(submitter.head, bytes))
  }

  /// Runs `body` with encoded arguments: their bytes, the references that are arguments, and those inside of values.
  func encoding<Result>(
    _ arguments: (inout ArgumentWriter) throws -> Void,
    _ body: (UnsafeRawBufferPointer, [ObjectHandle], [any AnyObject & Sendable]) throws -> Result
  ) throws -> Result {
    try withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { storage in
      var writer = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
      try arguments(&writer)
      let direct = writer.finishForRay()
      let kept = writer.bytes.takeKeptObjects()
      defer { withExtendedLifetime((direct, kept)) {} }
      return try writer.bytes.withUnsafeBytes { try body($0, direct, kept) }
    }
  }

  /// The arguments of a Python submitter; the lock is held.
  func payload(
    _ head: [UInt8], _ arguments: UnsafeRawBufferPointer, _ direct: [ObjectHandle], _ kept: [any AnyObject & Sendable]
  ) throws -> [PythonPointer] {
    let references = try direct.map { handle in
      guard let entry = table.find(handle.id) else { throw RayError(.shutDown, "a reference of a runtime that was shut down") }
      return entry.object.pointer
    }
    let encoded = try payload(head, arguments)
    let values = references.map { pointer in
      Python.api.retain(pointer)
      return pointer
    }
    return [encoded, try ToPython.tuple(values), kept.isEmpty ? ToPython.none : try ToPython.list(of: objects(behind: kept))]
  }

  private func payload(_ head: [UInt8], _ arguments: UnsafeRawBufferPointer) throws -> PythonPointer {
    try ToPython.bytes(count: head.count + arguments.count) { bytes in
      bytes.copyBytes(from: head)
      UnsafeMutableRawBufferPointer(rebasing: bytes[head.count...]).copyMemory(from: arguments)
    }
  }

  // MARK: Finding the way out

  private func submitter(_ target: CallTarget, _ options: TaskOptions, _ returns: Submitters.Returns) throws -> Submitter {
    switch target {
    case .function(let entry):
      return try declared(entry, entry.options, nil, options, returns) { try make(.function, entry.name, nil, $0, $1) }
    case .method(let entry, let actor):
      return try declared(entry, entry.options, actor, options, returns) { try make(.method, entry.name, actor, $0, $1) }
    case .namedFunction(let name): return try make(.function, name, nil, options, returns)
    case .namedMethod(let name, let actor): return try make(.method, name, actor, options, returns)
    case .python(let callee): return try make(callee, options, returns)
    }
  }

  /// Declared functions are found by their entry, and by the record in their options' box.
  private func declared(
    _ entry: AnyObject, _ defaults: TaskOptions, _ actor: ActorCore?, _ options: TaskOptions, _ returns: Submitters.Returns,
    _ make: (TaskOptions, Submitters.Returns) throws -> Submitter
  ) throws -> Submitter {
    guard returns == .one else { return try make(options, returns) }
    if options.storage === defaults.storage {
      if let known = submitters.quick(entry, actor?.id) { return known }
      let made = try make(options, returns)
      submitters.remember(made, for: entry, actor?.id)
      return made
    }
    if let known = options.storage.submitter, known.engine == ObjectIdentifier(self), known.target == ObjectIdentifier(entry) {
      return known
    }
    let made = try make(options, returns)
    // An actor's submitters end with it, so no box may point to them.
    if actor == nil, made.target == ObjectIdentifier(entry) { options.storage.remember(made) }
    return made
  }

  private func make(
    _ kind: CallFrame.Kind, _ name: String, _ actor: ActorCore?, _ options: TaskOptions, _ returns: Submitters.Returns
  ) throws -> Submitter {
    let retryOn = options.values.retryOn.map { String(reflecting: $0) }
    var values = try TaskOptionValues.make(options, isMethod: actor != nil, actor: actor)
    if returns == .stream { values["_generator_backpressure_num_objects"] = try TaskOptionValues.window(options) }
    let entry = actor == nil ? RemoteRegistry.function(named: name) : nil
    if actor == nil {
      values["obstacle"] = entry.map { NativeObstacle.of($0).map { .string($0) } } ?? .string("it is no function of this program")
      values["uses_ray"] = entry?.usesRay == true ? .bool(true) : nil
    }
    let key = Submitters.Key(
      name: name, title: options.values.name, actor: actor?.id, options: values, retryOn: retryOn, returns: returns)
    return try submitters.find(key) {
      let (function, direct) = try host.run { host in
        let function = try pythonSubmitter(host, options.values.name ?? name, actor, values, returns)
        return (function, returns == .one ? DirectCall(of: function) : nil)
      }
      let head = CallFrame.head(kind, name, retryOn: retryOn)
      return Submitter(
        engine: self, function: function, direct: direct, head: head, target: entry.map { ObjectIdentifier($0) })
    }
  }

  /// A Python function's way out.
  private func make(_ callee: PythonCallee, _ options: TaskOptions, _ returns: Submitters.Returns) throws -> Submitter {
    guard options.values.retryOn.isEmpty else {
      throw RayError(
        .invalidArgument,
        "retryOn names Swift errors, and '\(callee.title)' is Python; use retryExceptions, or name the exceptions in its "
          + "@ray.remote(retry_exceptions=[...])")
    }
    var values = try TaskOptionValues.make(options, isMethod: false, actor: nil)
    values["name"] = options.values.name.map { .string($0) }
    let key = Submitters.Key(name: callee.name, source: callee.source ?? "", options: values, retryOn: [], returns: returns)
    return try submitters.find(key) {
      let function = try host.run { host in
        try host.pythonSubmitter([
          try ToPython.string(callee.name), try ToPython.optional(callee.source), try ToPython.dictionary(values),
          try ToPython.option(returns.option),
        ])
      }
      return Submitter(engine: self, function: function, direct: nil, head: CallFrame.head(.function, callee.title))
    }
  }

  private func pythonSubmitter(
    _ host: Host, _ name: String, _ actor: ActorCore?, _ options: [String: OptionValue], _ returns: Submitters.Returns
  ) throws -> PythonObject {
    let common = [try ToPython.string(name), try ToPython.dictionary(options), try ToPython.option(returns.option)]
    guard let actor else { return try host.taskSubmitter(common) }
    guard let entry = table.find(Self.lifetime(of: actor.id)) else {
      throw RayError(.actorDied, "the actor's handle belongs to a runtime that was shut down")
    }
    Python.api.retain(entry.object.pointer)
    return try host.methodSubmitter([entry.object.pointer] + common)
  }
}

/// Options as Ray's Python API names them.
enum TaskOptionValues {
  /// How many elements a stream may be ahead of its consumer.
  static func window(_ options: TaskOptions) throws -> OptionValue? {
    guard let window = options.values.streamWindow else { return nil }
    guard window >= 1, window <= Int(Int32.max) else {
      throw RayError(.invalidArgument, "streamWindow must be 1 or more, and fit into 32 bits, not \(window)")
    }
    return .int(window)
  }

  static func make(_ options: TaskOptions, isMethod: Bool, actor: ActorCore?) throws -> [String: OptionValue] {
    let values = options.values
    var result: [String: OptionValue] = [:]
    if let retries = values.maxRetries {
      guard retries >= -1 else { throw RayError(.invalidArgument, "maxRetries must be -1 (no limit) or more, not \(retries)") }
    }
    if !values.retryOn.isEmpty {
      result["retry_listed"] = .bool(true)
    } else if let retry = values.retryExceptions {
      result["retry_exceptions"] = .bool(retry)
    }
    if isMethod {
      result["max_task_retries"] = values.maxRetries.map { .int($0) } ?? actor.map { .int(Int($0.maxTaskRetries)) }
      return result
    }
    result["max_retries"] = values.maxRetries.map { .int($0) }
    try resources(values.numCPUs, values.numGPUs, values.memory, values.resources, into: &result)
    try placement(values.schedulingStrategy, values.runtimeEnv, into: &result)
    return result
  }

  static func make(_ options: ActorOptions) throws -> [String: OptionValue] {
    if let name = options.name, name.isEmpty { throw RayError(.invalidArgument, "an actor's name must not be empty") }
    if options.getIfExists == true, options.name == nil {
      throw RayError(.invalidArgument, "getIfExists needs a name to look for")
    }
    if let restarts = options.maxRestarts, restarts < -1 {
      throw RayError(.invalidArgument, "maxRestarts must be -1 (no limit) or more, not \(restarts)")
    }
    var result: [String: OptionValue] = [:]
    result["name"] = options.name.map { .string($0) }
    result["namespace"] = options.namespace.map { .string($0) }
    if options.lifetime == .detached { result["lifetime"] = .string("detached") }
    result["max_restarts"] = options.maxRestarts.map { .int($0) }
    result["max_task_retries"] = options.maxTaskRetries.map { .int($0) }
    result["max_concurrency"] = options.maxConcurrency.map { .int($0) }
    result["max_pending_calls"] = options.maxPendingCalls.map { .int($0) }
    result["get_if_exists"] = options.getIfExists.map { .bool($0) }
    try resources(options.numCPUs, options.numGPUs, options.memory, options.resources, into: &result)
    try placement(options.schedulingStrategy, options.runtimeEnv, into: &result)
    return result
  }

  private static func resources(
    _ cpus: Double?, _ gpus: Double?, _ memory: Int?, _ custom: [String: Double]?, into result: inout [String: OptionValue]
  ) throws {
    for name in ["CPU", "GPU", "memory"] where custom?[name] != nil {
      throw RayError(.invalidArgument, "'\(name)' has an option of its own; do not name it in resources")
    }
    let all = (custom ?? [:]).merging(["CPU": cpus ?? 0, "GPU": gpus ?? 0, "memory": Double(memory ?? 0)]) { a, _ in a }
    for (name, amount) in all where !(amount >= 0 && amount < 1e14) {
      throw RayError(.invalidArgument, "resource '\(name)' must be zero or more, not \(amount)")
    }
    result["num_cpus"] = cpus.map { .double($0) }
    result["num_gpus"] = gpus.map { .double($0) }
    result["memory"] = memory.map { .int($0) }
    if let custom, !custom.isEmpty { result["resources"] = .map(custom.mapValues { .double($0) }) }
  }

  private static func placement(
    _ strategy: SchedulingStrategy?, _ environment: RuntimeEnv?, into result: inout [String: OptionValue]
  ) throws {
    switch strategy {
    case nil, .automatic?: break
    case .spread?: result["scheduling_strategy"] = .string("SPREAD")
    case .node(let node, let soft)?:
      guard let name = NodeNames.name(of: node) else {
        throw RayError(.invalidArgument, "no node \(node) is known; take one from Ray.nodes()")
      }
      result["scheduling_strategy"] = .tuple([.string(name), .bool(soft)])
    }
    if let environment { result["runtime_env"] = .map(try RuntimeEnvValues.ofCall(environment)) }
  }
}

/// A runtime environment as Ray names it.
enum RuntimeEnvValues {
  /// The worker enters this directory of its node before it runs anything; the Python package knows the name, too.
  private static let directoryVariable = "SWIFTRAY_DIRECTORY"

  /// For all workers of a job: Ray brings the directory's contents to every node.
  static func ofJob(_ environment: RuntimeEnv) throws -> [String: OptionValue] {
    try environment.checkVariables()
    var result = variables(environment.environment)
    result["working_dir"] = environment.workingDirectory.map { .string($0) }
    return result
  }

  /// For single calls and actors: Ray takes packed directories by their addresses. A path names a directory of the node.
  static func ofCall(_ environment: RuntimeEnv) throws -> [String: OptionValue] {
    try environment.checkVariables()
    guard let directory = environment.workingDirectory else { return variables(environment.environment) }
    guard !directory.contains("://") else {
      var result = variables(environment.environment)
      result["working_dir"] = .string(directory)
      return result
    }
    return variables(environment.environment.merging([directoryVariable: directory]) { $1 })
  }

  private static func variables(_ variables: [String: String]) -> [String: OptionValue] {
    variables.isEmpty ? [:] : ["env_vars": .map(variables.mapValues { .string($0) })]
  }
}
