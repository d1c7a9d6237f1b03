internal import RayOwnership
internal import RayProtocol

extension RandomProgram {
  // MARK: Beginning

  /// Decodes the arguments as a callee does and compares them with what the caller passed.
  func begin(_ call: ExecutionCall) {
    var cursor = ByteCursor(UnsafeRawBufferPointer(call.arguments))
    do throws(ByteCursor.Truncated) {
      let count = try cursor.integer(UInt16.self)
      var values: [(tag: UInt8, bytes: UnsafeRawBufferPointer)] = []
      for _ in 0..<count {
        let tag = try cursor.integer(UInt8.self)
        values.append((tag, try cursor.bytes(Int(try cursor.integer(UInt32.self)))))
      }
      let number = values.removeFirst().bytes.loadUnaligned(as: UInt64.self)
      guard let task = model.tasks[number] else { return cluster.report("task \(number) is nobody's") }
      execution.task = task
      cluster.note("\(process.id.short) starts task \(number) of \(task.caller.short)")
      if !execution.isConstructor { model.started(task, on: process.id) }
      guard values.count == task.arguments.count else { return cluster.report("task \(number) has lost arguments") }
      for (value, expected) in zip(values, task.arguments) { check(value.tag, value.bytes, expected, call) }
    } catch {
      cluster.report("the arguments of a call are cut off")
    }
  }

  private func check(_ tag: UInt8, _ bytes: UnsafeRawBufferPointer, _ expected: Model.Argument, _ call: ExecutionCall) {
    switch (tag, expected) {
    case (ArgumentLayout.inlineTag, .value(let number, let handles)):
      let value = SimulatedValue(bytes)
      if value?.tag != number || value?.handles != handles { cluster.report("argument \(number) arrived changed") }
      adopt(value?.handles ?? [], call: call)
    case (ArgumentLayout.inlineTag, .direct(let object, let isLoose)): take(bytes, object, isLoose, call)
    case (ArgumentLayout.storedTag, .direct(let object, let isLoose)):
      guard let bytes = readStored(StoredDescriptor(reading: bytes.baseAddress!), of: object) else {
        return execution.hasLostArgument = true
      }
      bytes.withUnsafeBytes { take($0, object, isLoose, call) }
    default: cluster.report("an argument has the wrong kind \(tag)")
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer, _ object: Model.Object, _ isLoose: Bool, _ call: ExecutionCall) {
    guard let value = model.checkValue(bytes, of: object) else { return }
    adopt(value.handles, call: call, loosely: isLoose || object.task?.actor != nil)
  }

  // MARK: Ending

  func finish() {
    guard let call = execution.call else { return }
    if execution.isConstructor { return finishConstructor(call) }
    cluster.note("\(process.id.short) ends \(execution.name)")
    if execution.hasLostArgument || cluster.random.chance(80) { throwError(call) } else { returnValues(call) }
    end()
  }

  private func end() {
    releaseAll()
    process.executions.removeAll { $0 === execution }
  }

  private func throwError(_ call: ExecutionCall) {
    let message = "thrown by task \(execution.task?.number ?? 0), attempt \(call.attempt)"
    execution.task?.thrown.append(message)
    fail(call, RayError(.taskFailed, message), flags: FrameFlag.failed | FrameFlag.thrown)
  }

  func finishCancelled() {
    guard let call = execution.call, !execution.isConstructor else { return }
    fail(call, RayError(.taskCancelled, "the task was cancelled while it ran"), flags: FrameFlag.failed)
    end()
  }

  private func fail(_ call: ExecutionCall, _ error: RayError, flags: UInt8) {
    SimulatedError.encode(error).withUnsafeBytes { bytes in
      process.use { $0.finish(call, flags: flags, inline: bytes, duration: duration) }
    }
  }

  private func returnValues(_ call: ExecutionCall) {
    guard let task = execution.task else { return }
    let values = task.results.map { object -> SimulatedValue in
      let value = SimulatedValue(tag: object.tag, handles: cluster.random.chance(500) ? [] : someContents(3))
      object.outcomes.append(value.handles)
      return value
    }
    if values.count == 1, values[0].handles.isEmpty, cluster.random.chance(700) {
      values[0].encoded().withUnsafeBytes { bytes in
        process.use { $0.finish(call, flags: 0, inline: bytes, duration: duration) }
      }
    } else {
      finish(call, values[...], [], owner: task.caller)
    }
  }

  /// Nests so that every part's bytes stay where they are until the machine has taken them.
  private func finish(_ call: ExecutionCall, _ values: ArraySlice<SimulatedValue>, _ parts: [ResultPart], owner: WorkerID) {
    guard let value = values.first else {
      process.use { $0.finish(call, flags: 0, parts: parts, duration: duration) }
      return
    }
    part(value, owner: owner) { finish(call, values.dropFirst(), parts + [$0], owner: owner) }
  }

  private var duration: UInt32 { UInt32(cluster.random.pick([500, 5_000, 100_000, 5_000_000])!) }

  // MARK: Constructors

  private func finishConstructor(_ call: ExecutionCall) {
    guard let actor = process.hosted?.id else { return }
    if cluster.random.chance(50) {
      cluster.note("\(process.id.short) constructor throws")
      process.send(.actorCreationFailed(actor, error: SimulatedError.encode(RayError(.taskFailed, "no"))))
      return end()
    }
    process.kept += execution.handles
    execution.handles = []
    let waiting = process.use { $0.registerCovered(by: call) }
    register(waiting[...], actor)
  }

  /// Callers learn of the actor once everything it keeps is registered.
  private func register(_ waiting: ArraySlice<ObjectID>, _ actor: ActorID) {
    guard let id = waiting.first else {
      process.hosted?.isReady = true
      process.send(.actorCreated(actor))
      return end()
    }
    execution.suspend(on: [], { $0.waitForRegistration(of: id, $1) }) { register(waiting.dropFirst(), actor) }
  }

  // MARK: Streams

  func yieldElements() {
    guard let call = execution.call, let task = execution.task else { return }
    for _ in 0..<(1 + cluster.random.below(3)) {
      guard process.machine.mayYield(call) else { return }
      let value = SimulatedValue(tag: task.number, handles: someContents(2))
      part(value, owner: task.caller) { part in process.use { $0.yield(part, of: call) } }
    }
  }

  func takeElement() {
    guard let stream = cluster.random.pick(execution.streams) else { return }
    switch process.use({ $0.nextElement(of: stream.id) }) {
    case .element(let id): checkElement(id, of: stream)
    case .ended: break
    case .pending:
      guard execution.call == nil || process.hosted == nil else { return }
      execution.suspend(on: [], { $0.waitForElement(of: stream.id, $1) }) {}
    }
  }

  private func checkElement(_ id: ObjectID, of stream: Handle) {
    guard let task = model.objects[stream.id]?.task else { return }
    let object = model.addObject(id, tag: task.number, task: task)
    let bytes: [UInt8] =
      switch process.machine.snapshot(id) {
      case .inline(let bytes): Array(bytes)
      case .stored(let descriptor): readStored(descriptor, of: object) ?? []
      default: []
      }
    let value = bytes.withUnsafeBytes { SimulatedValue($0) }
    if value?.tag != task.number { cluster.report("an element of stream \(stream.id.short) is wrong") }
    object.outcomes = [value?.handles ?? []]
    execution.handles.append(Handle(id: id, tag: task.number))
  }

  func dropStream() {
    guard !execution.streams.isEmpty else { return }
    let stream = execution.streams.remove(at: cluster.random.below(execution.streams.count))
    model.objects[stream.id]?.task?.isCancelled = true
    model.objects[stream.id]?.task?.isCancelledRecursively = true
    process.use { $0.release(stream.id) }
  }
}
