internal import RayControl
internal import RayProtocol
internal import RayScheduling
internal import RayTransport

extension NodeManager {
  // MARK: Starting

  func startWorker(_ id: WorkerID, _ environment: RuntimeEnvironmentID) {
    var started: NodeClient?
    do throws(TransportError) {
      try spawn(id, environment) { started = $0 }
    } catch {
      if let started { discard(started) }
      // Nobody else will report its end.
      leases.workerExited(id, reason: error.message, now: now, actions: &leaseActions)
    }
  }

  /// `started` hears of the process as soon as there is one: it must be ended when a later step fails.
  private func spawn(
    _ id: WorkerID, _ environment: RuntimeEnvironmentID, started: (NodeClient) -> Void
  ) throws(TransportError) {
    let token = UInt64.random(in: .min ... .max)
    let launch = WorkerLaunch(worker: id, token: token)
    let pair = try SocketEnds()
    let output = try OutputPipe.make(isError: false)
    let outputReader = OwnedDescriptor(adopting: output.reader)
    let outputWriter = OwnedDescriptor(adopting: output.writer)
    let errors = try OutputPipe.make(isError: true)
    let errorReader = OwnedDescriptor(adopting: errors.reader)
    let errorWriter = OwnedDescriptor(adopting: errors.writer)
    var options = ChildProcess.Options(path: configuration.executable, arguments: configuration.arguments)
    options.environment = childEnvironment(launch, environment)
    options.standardOutput = outputWriter.raw
    options.standardError = errorWriter.raw
    options.diesWithParentThread = true
    let child = try ChildProcess(options, descriptors: [pair.second.raw])
    let client = NodeClient(
      id: id, role: .worker, token: token, storeIdentity: makeStoreIdentity(),
      connection: try Connection(adopting: pair.first), child: child)
    started(client)
    try watch(client, child, outputReader, errorReader)
    try add(client)
    client.deadline = (now + configuration.startTimeout, .startFailed("it did not say hello in time"))
  }

  /// A process that could not be listened to.
  private func discard(_ client: NodeClient) {
    if let watch = client.childWatch { loop.unwatch(watch) }
    client.finishOutput(on: loop) { _ in }
    client.connection.close("the worker could not be started")
    // Reaped when the last reference goes, here.
    client.child?.kill()
  }

  private func watch(
    _ client: NodeClient, _ child: ChildProcess, _ output: consuming OwnedDescriptor, _ errors: consuming OwnedDescriptor
  ) throws(TransportError) {
    try client.watchOutput(output, isError: false, on: loop) { [self] in outputArrived(client, isError: false) }
    try client.watchOutput(errors, isError: true, on: loop) { [self] in outputArrived(client, isError: true) }
    client.childWatch = try loop.watch(child.descriptor) { [self] in childEnded(client) }
  }

  private func childEnvironment(_ launch: WorkerLaunch, _ environment: RuntimeEnvironmentID) -> [String: String] {
    var variables = Host.environment
    if variables[CrashReporter.environmentVariable] == nil {
      variables[CrashReporter.environmentVariable] = CrashReporter.setting
    }
    variables.merge(configuration.environment) { $1 }
    for variable in environments[environment] ?? [] { variables[variable.name] = variable.value }
    variables[WorkerLaunch.environmentVariable] = launch.environmentValue
    return variables
  }

  private func outputArrived(_ client: NodeClient, isError: Bool) {
    client.readOutput(isError: isError, on: loop) { logs.forward($0, now: now) }
    armTimer()
  }

  // MARK: Ending

  func kill(_ id: WorkerID, _ reason: WorkerExit) {
    if let client = clients[id] { kill(client, reason) }
  }

  /// Ends a process and whatever it started, at once; its end is reported like any other.
  func kill(_ client: NodeClient, _ reason: WorkerExit) {
    guard let child = client.child else { return }
    if client.stopReason == nil { client.stopReason = reason }
    client.deadline = nil
    child.kill()
  }

  /// A connection has ended. A worker's exit status tells why; it follows at once, or the process is ended.
  func disconnected(_ client: NodeClient, _ reason: CloseReason) {
    guard client.child != nil else {
      return ended(client, client.stopReason ?? .stopped("the driver disconnected"))
    }
    switch reason {
    case .frameTooLarge, .tooManyDescriptors, .refused: kill(client, .protocolViolation(reason.description))
    default:
      let reason = WorkerExit.stopped("it closed its connection to the node and went on")
      client.deadline = (now + configuration.disconnectGrace, reason)
    }
  }

  /// Two living processes lost their connection: one of them ends, so that the other is right about it.
  func separate(_ suspicion: WorkerTable.Suspicion) {
    // Both may have asked; the end of one settles it.
    guard let client = clients[suspicion.client], client.stopReason == nil, let subject = clients[suspicion.subject] else {
      return
    }
    let (loser, other) = subject.child != nil ? (subject, client) : (client, subject)
    let reason = "its connection to \(other.role) \(other.id) broke"
    forwardNotice("worker \(loser.id) is ended: \(reason)")
    kill(loser, .stopped(reason))
  }

  /// A worker sent nonsense to another process, which has closed its connection; when it was the driver that did, the accuser
  /// cannot go on without it.
  func accused(_ id: WorkerID, by client: NodeClient, _ reason: String) {
    guard let subject = clients[id], client.stopReason == nil else { return }
    let loser = subject.child != nil ? subject : client
    guard loser.stopReason == nil else { return }
    forwardNotice("worker \(loser.id) is ended: \(reason)")
    kill(loser, .protocolViolation(reason))
  }

  /// A worker process has ended.
  private func childEnded(_ client: NodeClient) {
    guard let child = client.child, clients[client.id] === client else { return }
    // What it started ends with it. Before it is reaped: afterwards its group's number may be somebody else's.
    child.kill()
    guard let status = try? child.exitStatus() else { return }
    if let watch = client.childWatch { loop.unwatch(watch) }
    client.childWatch = nil
    client.finishOutput(on: loop) { logs.forward($0, now: now) }
    client.connection.close("the process has ended")
    ended(client, cause(of: status, client))
    settle()
  }

  private func cause(of status: ChildProcess.ExitStatus, _ client: NodeClient) -> WorkerExit {
    if let reason = client.stopReason { return reason }
    guard client.hasSaidHello else {
      let last = client.tail.lines.suffix(5).map { "\n  " + $0 }.joined()
      return .startFailed("the process \(status) before it said hello" + (last.isEmpty ? "" : "; it printed:" + last))
    }
    switch status {
    case .exited(let code): return .exited(code: code)
    case .signalled(let signal, _): return signal == 9 && wasOutOfMemory() ? .outOfMemory : .signalled(signal)
    }
  }

  /// Whether the kernel has killed somebody in this control group since the last look.
  private func wasOutOfMemory() -> Bool {
    let count = ControlGroup.outOfMemoryKillCount
    defer { outOfMemoryKillCount = count }
    return count > outOfMemoryKillCount
  }

  /// A client is gone for good: everybody whom it concerns is told.
  private func ended(_ client: NodeClient, _ exit: WorkerExit) {
    guard clients.removeValue(forKey: client.id) != nil else { return }
    let death = WorkerDeath(
      worker: client.id, processID: client.processID, exit: exit, logTail: client.tail.lines)
    for reply in workers.processDied(death) { answer(reply) }
    for heir in store.processDied(client.id, identity: client.storeIdentity, isAlive: { workers.isAlive($0) }) {
      send(.inherited(client.id), to: heir)
    }
    switch client.role {
    case .worker: leases.workerExited(client.id, reason: exit.description, now: now, actions: &leaseActions)
    case .driver:
      jobs.driverLeft(client.id, now: now)
      leases.clientLeft(client.id, now: now, actions: &leaseActions)
    }
    actors.processDied(death, actions: &actorActions)
    noteStopProgress()
  }
}
