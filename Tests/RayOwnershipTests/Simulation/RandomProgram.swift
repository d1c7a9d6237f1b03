internal import RayOwnership
internal import RayProtocol

/// What programs do: one random statement at a time.
///
/// Waits never form a circle by themselves: a program waits for what it was given and for what it started, and references
/// that come out of an actor's memory are waited for only when their values exist already.
struct RandomProgram {
  let execution: Execution
  var process: SimulatedProcess { execution.process }
  var cluster: SimulatedCluster { process.cluster }
  var model: Model { cluster.model }

  func step() {
    if let resume = execution.resume {
      execution.waiter = nil
      execution.resume = nil
      return resume()
    }
    execution.waiter = nil
    if cluster.isDraining { return drain() }
    if execution.isCancelled, cluster.random.chance(700) { return finishCancelled() }
    if execution.call != nil {
      execution.stepsLeft -= 1
      if execution.stepsLeft < 0 { return finish() }
      if execution.call?.isStream == true, cluster.random.chance(600) { return yieldElements() }
    }
    statement()
  }

  private func statement() {
    switch cluster.random.below(100) {
    case 0..<12: put()
    case 12..<36: submitTask()
    case 36..<41: submitStream()
    case 41..<56: get()
    case 56..<61: waitForSome()
    case 61..<71: release()
    case 71..<76: keep()
    case 76..<79: takeKept()
    case 79..<81: copy()
    case 81..<84: if cluster.options.cancels { cancel() }
    case 84..<87: if cluster.options.actors { createActor() }
    case 87..<94: if cluster.options.actors { callActor() }
    case 94: if cluster.options.actors, cluster.random.chance(300) { killActor() }
    case 95..<98: takeElement()
    default: dropStream()
    }
  }

  // MARK: References

  /// Every program lets go of what it holds; tasks return at once.
  private func drain() {
    guard execution.call == nil else { return finish() }
    releaseAll()
    process.executions.removeAll { $0 === execution }
  }

  func releaseAll() {
    while !execution.streams.isEmpty { dropStream() }
    let handles = execution.handles
    execution.handles = []
    for handle in handles { process.use { $0.release(handle.id) } }
  }

  private func release() {
    guard !execution.handles.isEmpty else { return }
    let handle = execution.handles.remove(at: cluster.random.below(execution.handles.count))
    process.use { $0.release(handle.id) }
  }

  private func keep() {
    guard !execution.handles.isEmpty, process.kept.count < 8 else { return }
    process.kept.append(execution.handles.remove(at: cluster.random.below(execution.handles.count)))
  }

  private func takeKept() {
    guard !process.kept.isEmpty else { return }
    var handle = process.kept.remove(at: cluster.random.below(process.kept.count))
    handle.isLoose = true
    execution.handles.append(handle)
  }

  private func copy() {
    guard let handle = cluster.random.pick(execution.handles) else { return }
    process.use { $0.retain(handle.id) }
    execution.handles.append(handle)
  }

  /// References in a value that arrived; the machine counts one handle for each.
  func adopt(_ handles: [Handle], call: ExecutionCall?, source: ObjectID? = nil, loosely: Bool = false) {
    for var handle in handles {
      process.use { $0.adopt(handle.id, call: call, source: source) }
      handle.isLoose = handle.isLoose || loosely
      execution.handles.append(handle)
    }
  }

  /// A few of the program's references, to be passed on.
  func someHandles(_ bound: Int) -> [Handle] { pick(bound, from: execution.handles) }

  /// The same for values that live on. Loose references are left out: values could come to contain themselves.
  func someContents(_ bound: Int) -> [Handle] { pick(bound, from: execution.handles.filter { !$0.isLoose }) }

  private func pick(_ bound: Int, from handles: [Handle]) -> [Handle] {
    guard !handles.isEmpty else { return [] }
    return (0..<cluster.random.below(bound + 1)).compactMap { _ in cluster.random.pick(handles) }
  }

  // MARK: Values

  /// A value where it belongs: small ones inline, some in shared memory.
  func part(_ value: SimulatedValue, owner: WorkerID, _ body: (ResultPart) -> Void) {
    let bytes = value.encoded(padding: cluster.random.pick([0, 3, 30, 200])!)
    if cluster.random.chance(250) {
      let descriptor = cluster.store.put(bytes, by: process.id, for: owner)
      cluster.note("\(process.id.short) stores \(value.tag) in block \(descriptor.words.0)")
      let empty = UnsafeRawBufferPointer(start: nil, count: 0)
      body(ResultPart(place: .stored, bytes: empty, descriptor: descriptor, references: value.handles.map(\.id)))
    } else {
      bytes.withUnsafeBytes { body(ResultPart(place: .inline, bytes: $0, references: value.handles.map(\.id))) }
    }
  }

  private func put() {
    let value = SimulatedValue(tag: model.makeNumber(), handles: someContents(2))
    part(value, owner: process.id) { part in
      let id = process.use { $0.put(part) }
      model.addObject(id, tag: value.tag).outcomes = [value.handles]
      execution.handles.append(Handle(id: id, tag: value.tag))
      cluster.note("\(process.id.short) \(execution.name) puts \(id.short) with \(value.handles.map(\.id.short))")
    }
  }

  // MARK: Waiting

  /// Actors that run one call at a time must not wait: what they wait for may be behind them. Constructors lend their CPU.
  private var mayWait: Bool { execution.isConstructor || (process.hosted.map { $0.concurrencyMax > 1 } ?? true) }

  private func canWait(for handle: Handle) -> Bool {
    guard !handle.isActor else { return false }
    return process.machine.isReady(handle.id) || mayWait && !handle.isLoose
  }

  private func get() {
    guard let handle = cluster.random.pick(execution.handles), canWait(for: handle) else { return }
    cluster.note("\(process.id.short) \(execution.name) gets \(handle.id.short)")
    // The variable is read until the value is there: a copy keeps it.
    process.use { $0.retain(handle.id) }
    execution.suspend(on: [handle.id], { $0.wait($1, for: handle.id) }) {
      if process.machine.isReady(handle.id) { read(handle) }
      process.use { $0.release(handle.id) }
    }
  }

  func read(_ handle: Handle) {
    guard let object = model.objects[handle.id], object.tag == handle.tag else {
      return cluster.report("\(handle.id.short) is not the object it was")
    }
    switch process.machine.snapshot(handle.id) {
    case .pending: cluster.report("\(handle.id.short) is ready and pending")
    case .failed(let bytes): model.checkError(bytes, of: object)
    case .inline(let bytes): take(bytes, of: object, handle)
    case .stored(let descriptor): readStored(descriptor, of: object)?.withUnsafeBytes { take($0, of: object, handle) }
    }
  }

  /// Nil when the value went with its owner, or with those through whom it came here: who has not heard of that yet learns it so.
  func readStored(_ descriptor: StoredDescriptor, of object: Model.Object) -> [UInt8]? {
    let bytes = cluster.store.read(descriptor)
    if bytes == nil, !model.mayBeGone(object) { cluster.report("\(object.id.short) was read after its value was freed") }
    return bytes
  }

  private func take(_ bytes: UnsafeRawBufferPointer, of object: Model.Object, _ handle: Handle) {
    guard let value = model.checkValue(bytes, of: object), cluster.random.chance(700) else { return }
    adopt(value.handles, call: nil, source: handle.id, loosely: handle.isLoose || object.task?.actor != nil)
  }

  private func waitForSome() {
    let handles = Array(Set(someHandles(3).map(\.id))).sorted { ($0.owner, $0.index) < ($1.owner, $1.index) }
    let all = execution.handles.filter { handles.contains($0.id) }
    guard !handles.isEmpty, all.allSatisfy(canWait) else { return }
    let count = 1 + cluster.random.below(handles.count)
    for id in handles { process.use { $0.retain(id) } }
    let register: (CoreMachine, ObjectWaiter) -> Bool = { machine, waiter in
      count == handles.count ? machine.wait(waiter, forAll: handles) : machine.wait(waiter, for: count, of: handles)
    }
    execution.suspend(on: handles, register) {
      let ready = handles.count { process.machine.isReady($0) }
      if ready < count, !execution.isCancelled { cluster.report("\(count) objects were waited for, \(ready) are ready") }
      for id in handles { process.use { $0.release(id) } }
    }
  }

  private func cancel() {
    guard let handle = cluster.random.pick(execution.handles), let object = model.objects[handle.id], !handle.isActor else {
      return
    }
    let recursive = cluster.random.chance(500)
    let force = cluster.options.crashes && cluster.random.chance(100) && object.task?.actor == nil
    object.task?.isCancelled = true
    if recursive { object.task?.isCancelledRecursively = true }
    cluster.note("\(process.id.short) \(execution.name) cancels \(handle.id.short)\(recursive ? " and its children" : "")")
    process.use { $0.cancel(handle.id, force: force, recursive: recursive) }
  }
}
