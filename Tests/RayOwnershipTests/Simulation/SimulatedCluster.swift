internal import RayControl
@testable internal import RayOwnership
internal import RayProtocol
internal import RayScheduling

/// A driver, workers, their node and the network between them in one process, driven by one seed.
///
/// A run has two halves: random programs with whatever else happens, then a drain in which every program lets go of what
/// it holds and every message arrives. Afterwards nothing may be left anywhere.
final class SimulatedCluster {
  struct Options {
    var cpuCount = 2
    var steps = 1500
    var crashes = false
    var cancels = false
    var actors = false
    var repeatsRequests = false
    /// Connections between living processes break.
    var breaks = false
    /// Actors have names, and programs ask for one another's.
    var names = false
  }

  let seed: UInt64
  let options: Options
  var random: SeededRandom
  var now: UInt64 = 1_000_000_000
  let network = SimulatedNetwork()
  let trace: Trace
  private(set) var store: SimulatedStore! = nil
  private(set) var model: Model! = nil
  private(set) var node: SimulatedNode! = nil
  /// The living, in the order of their births.
  private(set) var processes: [SimulatedProcess] = []
  /// What processes that are gone had written to the node.
  private var orphanedChannels: [SimulatedNetwork.Channel] = []
  private var doomed: [WorkerID] = []
  private(set) var isDraining = false
  private(set) var problem: String?
  var actorCount = 0
  /// Sees every frame between processes.
  var onDelivery: (([UInt8]) -> Void)?
  /// Nothing is held against anybody any more: bytes were damaged on purpose.
  var isLawless = false
  /// An object whose counts are to be followed through the trace, as the trace writes it: `w13#1.1`.
  var watched: String?

  init(seed: UInt64, options: Options? = nil, traceLimit: Int = 60) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    self.options = options ?? Self.randomOptions(&random)
    trace = Trace(limit: traceLimit)
    store = SimulatedStore { [unowned self] in report($0) }
    model = Model { [unowned self] in report($0) }
    node = SimulatedNode(cluster: self, cpuCount: self.options.cpuCount)
  }

  private static func randomOptions(_ random: inout SeededRandom) -> Options {
    var options = Options()
    options.cpuCount = 1 + random.below(4)
    options.steps = 300 + random.below(1500)
    options.crashes = random.chance(500)
    options.cancels = random.chance(500)
    options.actors = random.chance(600)
    options.repeatsRequests = random.chance(300)
    options.breaks = random.chance(200)
    options.names = random.chance(400)
    return options
  }

  func note(_ text: @autoclosure () -> String) { trace.note(text()) }

  /// The first problem ends the run.
  func report(_ text: String) {
    guard problem == nil, !isLawless else { return }
    problem = text
    note("PROBLEM: \(text)")
  }

  func process(_ id: WorkerID) -> SimulatedProcess? { processes.first { $0.id == id } }

  /// Bounds the work of a run.
  func mayAddWork(_ process: SimulatedProcess) -> Bool { process.machine.census.tasks < 12 && model.tasks.count < 600 }

  // MARK: Running

  func run() {
    runPrograms()
    drain()
    if problem == nil { checkEnd() }
  }

  func runPrograms() {
    spawn(SimulatedNode.driver)
    for _ in 0..<2 { processes[0].executions.append(Execution(call: nil, process: processes[0])) }
    node.start()
    var step = 0
    while problem == nil, step < options.steps {
      takeStep()
      step += 1
    }
  }

  private func takeStep() {
    now += UInt64(random.below(20_000))
    for id in doomed { if let process = process(id) { crash(process) } }
    doomed = []
    if options.crashes, !isDraining, random.chance(4) { crashSomebody() }
    if options.breaks, !isDraining, random.chance(3) { breakConnection() }
    var events = enabledEvents()
    if events.isEmpty || random.chance(30) { events = [passTime] }
    random.pick(events)!()
    for id in model.separated { if let process = process(id) { noteHeld(by: process) } }
    node.arm()
    if trace.count % 8 == 0, let first = node.problems.first { report("the node: \(first)") }
  }

  private func enabledEvents() -> [() -> Void] {
    var events: [() -> Void] = []
    for channel in network.channels where channel.hasNews { events.append { [self] in deliver(channel) } }
    for channel in orphanedChannels where channel.queuedCount > 0 { events.append { [self] in deliverToNode(channel) } }
    for process in processes {
      if process.fromNode.queuedCount > 0 { events.append { process.receiveFromNode(process.fromNode.receive()!) } }
      if process.toNode.queuedCount > 0 { events.append { [self] in deliverToNode(process.toNode) } }
      if process.wantsPoll { events.append { process.poll() } }
      if process.mayEndActor { events.append { process.endActor() } }
      if isDraining, !process.kept.isEmpty { events.append { process.forgetKept() } }
      if process.hasWork { for _ in 0..<2 { events.append { process.runOneStep() } } }
    }
    return events
  }

  private func deliver(_ channel: SimulatedNetwork.Channel) {
    guard let process = process(channel.to) else { return network.remove(channel) }
    guard channel.queuedCount > 0 else {
      note("\(channel.to.short) sees the end of \(channel.from.short)")
      network.remove(channel)
      return process.connectionEnded(channel.from)
    }
    for _ in 0...random.below(3) {
      guard let frame = channel.receive() else { return }
      note("\(channel.from.short) -> \(channel.to.short) \(Self.name(of: frame))")
      onDelivery?(frame)
      process.receive(frame, from: channel.from)
    }
  }

  private static func name(of frame: [UInt8]) -> String {
    let header = frame.withUnsafeBytes { FrameHeader(reading: $0.baseAddress!) }
    let kind = PeerFrameKind(rawValue: header.kind).map { "\($0)" } ?? "?"
    return "\(kind) \(header.id & 0xFFFF_FFFF).\(header.id >> 32)"
  }

  private func deliverToNode(_ channel: SimulatedNetwork.Channel) {
    guard let frame = channel.receive() else { return }
    note("\(channel.from.short) -> node \(frame.withUnsafeBytes { NodeFrameKind(rawValue: $0[4]).map { "\($0)" } ?? "?" })")
    node.receive(frame, from: channel.from)
  }

  // MARK: Time

  private func passTime() {
    let ticks = processes.compactMap(\.nextTick)
    guard let next = (ticks + [node.armed].compactMap { $0 }).min() else {
      now += 1_000_000
      return
    }
    now = max(now, next) + UInt64(random.below(200_000))
    for process in processes { if let tick = process.nextTick, tick <= now { process.tick() } }
    if let deadline = node.armed, deadline <= now { node.timePassed() }
  }

  // MARK: Births and deaths

  func spawn(_ id: WorkerID) {
    note("\(id.short) starts")
    let process = SimulatedProcess(id: id, cluster: self)
    processes.append(process)
    process.send(.hello(.init(worker: id, processID: Int32(id.rawValue), token: 0)))
  }

  private func crashSomebody() {
    guard let process = random.pick(processes.filter { !$0.isDriver }) else { return }
    crash(process)
  }

  /// Both ends live and see the end; the frames on their way may be lost, from some point on.
  private func breakConnection() {
    let candidates = network.channels.filter { $0.isOpen && !$0.isCut && !$0.isEnding }
    guard let there = random.pick(candidates), let back = network.channel(from: there.to, to: there.from), back.isOpen,
      !back.isCut, !back.isEnding, process(there.from) != nil, process(there.to) != nil
    else { return }
    note("the connection of \(there.from.short) and \(there.to.short) breaks")
    for channel in [there, back] { channel.truncate(to: random.below(channel.queuedCount + 1)) }
    model.separated.formUnion([there.from, there.to])
    model.crashCount += 1
  }

  /// After the current step: a call that ends its own process is still on the stack.
  func crashLater(_ process: SimulatedProcess) { doomed.append(process.id) }

  func crash(_ process: SimulatedProcess) {
    guard !process.isDriver, self.process(process.id) != nil else { return }
    note("\(process.id.short) crashes")
    model.crashCount += 1
    end(process, .signalled(9)) { [self] in random.below($0 + 1) }
  }

  /// An intended end: everything written before arrives.
  func exit(_ process: SimulatedProcess, _ reason: String) {
    note("\(process.id.short) exits: \(reason)")
    process.poll()
    end(process, .exited(code: 0)) { $0 }
  }

  /// What a process has of others goes with it, also what no program of it has looked at: references inside of values.
  private func noteHeld(by process: SimulatedProcess) {
    for id in process.machine.borrowed.keys { model.objects[id]?.hasLostHolder = true }
  }

  private func end(_ process: SimulatedProcess, _ exit: WorkerExit, keeping: (Int) -> Int) {
    noteHeld(by: process)
    processes.removeAll { $0 === process }
    model.processEnded(process.id)
    network.end(process.id, keeping: keeping)
    process.toNode.truncate(to: keeping(process.toNode.queuedCount))
    orphanedChannels.append(process.toNode)
    reap(process.id, process.toNode, exit)
  }

  /// The node learns of the end when it has read what the process had written, or before.
  private func reap(_ id: WorkerID, _ channel: SimulatedNetwork.Channel, _ exit: WorkerExit) {
    let isOrderly = exit == .exited(code: 0)
    node.schedule(after: UInt64(random.below(2_000_000))) { [unowned self] in
      if isOrderly, channel.queuedCount > 0 { return reap(id, channel, exit) }
      orphanedChannels.removeAll { $0 === channel }
      note("the node sees the end of \(id.short)")
      node.processEnded(id, exit)
    }
  }

  // MARK: Ending

  private func drain() {
    isDraining = true
    note("the drain begins")
    let deadline = now + 20_000_000_000
    while problem == nil, now < deadline {
      takeStep()
      if enabledEvents().isEmpty, isQuiet { return }
    }
  }

  /// Nothing is left that time could change.
  private var isQuiet: Bool {
    node.armed == nil && processes.allSatisfy { $0.nextTick == nil || !$0.machine.needsTicks }
  }

  private func checkEnd() {
    let waiting = processes.flatMap(\.standing)
    if !waiting.isEmpty {
      let details = waiting + processes.flatMap(\.leftovers) + node.standing
      return report("somebody waits for ever\n" + details.joined(separator: "\n"))
    }
    var leftovers: [String] = []
    for process in processes {
      let census = process.machine.census
      if !census.isEmpty { leftovers.append("\(process.id.short) keeps " + process.leftovers.joined(separator: "; ")) }
      if process.machine.hasRunnableCalls { report("\(process.id.short) has calls that nobody runs") }
    }
    if !leftovers.isEmpty { report(leftovers.joined(separator: "\n")) }
    if node.leases.leaseCount > 0 { report("\(node.leases.leaseCount) leases are left") }
    if node.leases.pendingCount > 0 { report("\(node.leases.pendingCount) demands are left") }
    if node.leases.resources.available != node.leases.resources.total { report("resources are left in use") }
    if node.actors.standInCount > 0 { report("\(node.actors.standInCount) handles that stand for other actors are left") }
    if node.actors.liveCount > 0 { report("\(node.actors.liveCount) actors are left") }
    for leak in store.leaks { report(leak) }
  }
}
