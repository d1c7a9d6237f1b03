internal import RayOwnership
internal import RayProtocol

extension RandomProgram {
  // MARK: Arguments

  /// Encoded arguments with the references the machine must know about.
  struct Arguments {
    var bytes: [UInt8] = []
    var direct: [ObjectID] = []
    var nested: [ObjectID] = []
    private var count: UInt16 = 0

    init(number: UInt64) {
      bytes = [0, 0]
      add(ArgumentLayout.inlineTag, withUnsafeBytes(of: number.littleEndian) { Array($0) })
    }

    mutating func add(_ value: SimulatedValue) {
      add(ArgumentLayout.inlineTag, value.encoded())
      nested += value.handles.map(\.id)
    }

    mutating func add(direct id: ObjectID) {
      var body: [UInt8] = []
      for word in [id.owner.rawValue, id.index, 0] { withUnsafeBytes(of: word.littleEndian) { body += Array($0) } }
      add(ArgumentLayout.referenceTag, body)
      direct.append(id)
    }

    private mutating func add(_ tag: UInt8, _ body: [UInt8]) {
      bytes.append(tag)
      withUnsafeBytes(of: UInt32(body.count).littleEndian) { bytes += Array($0) }
      bytes += body
      count += 1
      withUnsafeBytes(of: count.littleEndian) { bytes.replaceSubrange(0..<2, with: $0) }
    }
  }

  func makeArguments(for task: Model.TaskModel, readyOnly: Bool) -> Arguments {
    var arguments = Arguments(number: task.number)
    for _ in 0..<cluster.random.below(3) {
      if cluster.random.chance(400), let handle = cluster.random.pick(execution.handles), !handle.isActor,
        let object = model.objects[handle.id], process.machine.isReady(handle.id) || !handle.isLoose && !readyOnly
      {
        arguments.add(direct: handle.id)
        task.arguments.append(.direct(object, isLoose: handle.isLoose))
      } else {
        let value = SimulatedValue(tag: model.makeNumber(), handles: someHandles(2))
        arguments.add(value)
        task.arguments.append(.value(tag: value.tag, handles: value.handles))
      }
    }
    return arguments
  }

  // MARK: Tasks

  func submitTask() {
    guard cluster.mayAddWork(process) else { return }
    let task = makeTask()
    task.resultCount = cluster.random.chance(850) ? 1 : 2 + cluster.random.below(2)
    submit(task) { machine, submission in
      task.resultCount == 1 ? [machine.submit(submission)] : machine.submitSplit(submission, count: task.resultCount)
    }
  }

  func submitStream() {
    guard cluster.mayAddWork(process) else { return }
    let task = makeTask()
    task.isStream = true
    submit(task) { machine, submission in [machine.submitStream(submission)] }
  }

  private func makeTask() -> Model.TaskModel {
    let task = model.addTask(caller: process.id, parent: execution.task)
    task.retries = Int32(cluster.random.pick([0, 0, 1, 3])!)
    task.retryThrown = cluster.random.chance(200)
    return task
  }

  private func submit(_ task: Model.TaskModel, _ send: (CoreMachine, borrowing TaskSubmission) -> [ObjectID]) {
    let queue = randomQueue(task)
    let arguments = makeArguments(for: task, readyOnly: false)
    arguments.bytes.withUnsafeBytes { bytes in
      let submission = TaskSubmission(
        queue: queue, function: queue.function, arguments: bytes, direct: arguments.direct, nested: arguments.nested,
        retries: task.retries, retryThrown: task.retryThrown, parent: execution.call?.token ?? 0)
      submitted(task, process.use { send($0, submission) })
    }
  }

  /// Loose results are those of actors whose creation may wait for this very program.
  private func submitted(_ task: Model.TaskModel, _ ids: [ObjectID], isLoose: Bool = false) {
    for id in ids {
      let tag = model.makeNumber()
      task.results.append(model.addObject(id, tag: tag, task: task))
      let handle = Handle(id: id, tag: tag, isLoose: isLoose)
      if task.isStream { execution.streams.append(handle) } else { execution.handles.append(handle) }
    }
    cluster.note("\(process.id.short) \(execution.name) submits task \(task.number) as \(ids.map(\.short))")
  }

  private func randomQueue(_ task: Model.TaskModel) -> TaskQueue {
    var terms = [["CPU": 1.0], ["CPU": 1.0], ["CPU": 0.5], [:]]
    if cluster.options.cpuCount > 1 { terms.append(["CPU": 2]) }
    if cluster.random.chance(20) {
      terms = [["unobtainium": 1]]
      task.isInfeasible = true
    }
    let choice = cluster.random.pick(terms)!
    let name = "f\(cluster.random.below(3))"
    let key = "\(name) \(choice)"
    if let queue = process.queues[key] { return queue }
    let queue = process.use {
      $0.makeQueue(function: $0.functionKey(named: name), terms: LeaseTerms(resources: ResourceSet(choice)))
    }
    process.queues[key] = queue
    return queue
  }

  // MARK: Actors

  func createActor() {
    guard cluster.mayAddWork(process), cluster.actorCount < 6 else { return }
    cluster.actorCount += 1
    let task = model.addTask(caller: process.id, parent: execution.task)
    let arguments = makeArguments(for: task, readyOnly: false)
    var specification = ActorSpec(
      id: ActorID(creator: process.id, index: 0), className: "Actor",
      placementResources: ResourceSet(["CPU": 1]), restartCountMax: Int32(cluster.random.below(3)),
      concurrencyMax: cluster.random.chance(500) ? 1 : 100)
    specification.creation = arguments.bytes
    // One, where enough CPUs are left for everybody else.
    if cluster.options.cpuCount > 2, cluster.actorCount == 1 { specification.heldResources = ResourceSet(["CPU": 1]) }
    if cluster.options.names, cluster.random.chance(500) {
      specification.name = "name\(cluster.random.below(3))"
      specification.getIfExists = cluster.random.chance(400)
      task.mayLoseName = !specification.getIfExists
    }
    let id = process.use { $0.createActor(specification, direct: arguments.direct, nested: arguments.nested) }
    task.actor = id
    let lifetime = ObjectID(owner: id.creator, index: id.index)
    let tag = model.makeNumber()
    task.results.append(model.addObject(lifetime, tag: tag, task: task))
    // Its creation arguments live as long as it may restart: what they lead to must not come to contain the handle.
    execution.handles.append(Handle(id: lifetime, tag: tag, isLoose: task.hasLooseArguments, isActor: true))
    cluster.note("\(process.id.short) \(execution.name) creates actor \(lifetime.short)")
  }

  func killActor() {
    guard let handle = cluster.random.pick(execution.handles.filter(\.isActor)) else { return }
    cluster.note("\(process.id.short) \(execution.name) kills actor \(handle.id.short)")
    let id = ActorID(creator: handle.id.owner, index: handle.id.index)
    process.send(.killActor(id, noRestart: cluster.random.chance(500)))
  }

  func callActor() {
    guard cluster.mayAddWork(process), let handle = cluster.random.pick(execution.handles.filter(\.isActor)) else { return }
    let task = model.addTask(caller: process.id, parent: execution.task)
    let id = ActorID(creator: handle.id.owner, index: handle.id.index)
    task.actor = id
    task.retries = Int32(cluster.random.pick([0, 0, 2])!)
    task.retryThrown = task.retries > 0 && cluster.random.chance(200)
    let arguments = makeArguments(for: task, readyOnly: true)
    task.sequence = model.nextSequence(process.id, id)
    arguments.bytes.withUnsafeBytes { bytes in
      let submission = TaskSubmission(
        queue: nil, actor: id, function: process.machine.functionKey(named: "method"), arguments: bytes,
        direct: arguments.direct, nested: arguments.nested, retries: task.retries, retryThrown: task.retryThrown,
        parent: execution.call?.token ?? 0)
      submitted(task, [process.use { $0.submit(submission) }], isLoose: handle.isLoose)
    }
  }
}
