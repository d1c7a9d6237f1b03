internal import RayControl
internal import RayProtocol
internal import RayTransport

/// One process that speaks to the node: the driver's core worker, or a worker.
final class NodeClient: @unchecked Sendable {
  // Sendable: constant, or touched in callbacks of the node's loop only, which never overlap.

  let id: WorkerID
  let role: WorkerTable.Role
  /// What `hello` must show.
  let token: UInt64
  /// Its name in the object store's tables.
  let storeIdentity: UInt32
  let connection: Connection
  /// Nil for the driver.
  let child: ChildProcess?

  var childWatch: EventLoop.WatchID?
  var hasSaidHello = false
  var isConnected = true
  var processID: Int32
  /// What people see before its lines.
  var name = "worker"
  var tail = LogTail()
  /// Why the node ended it; nil as long as it lives by itself.
  var stopReason: WorkerExit?
  /// When the node ends it unless it has said hello, or ended by itself, before.
  var deadline: (time: Duration, reason: WorkerExit)?

  private var output: OutputPipe?
  private var outputWatch: EventLoop.WatchID?
  private var errorOutput: OutputPipe?
  private var errorWatch: EventLoop.WatchID?

  init(
    id: WorkerID, role: WorkerTable.Role, token: UInt64, storeIdentity: UInt32, connection: Connection, child: ChildProcess?
  ) {
    self.id = id
    self.role = role
    self.token = token
    self.storeIdentity = storeIdentity
    self.connection = connection
    self.child = child
    processID = child?.processID ?? 0
  }

  // MARK: Output

  func watchOutput(
    _ reader: consuming OwnedDescriptor, isError: Bool, on loop: EventLoop, onReadable: @escaping @Sendable () -> Void
  ) throws(TransportError) {
    let watch = try loop.watch(reader.raw, onReadable: onReadable)
    if isError {
      errorOutput = OutputPipe(reader: reader, isError: true)
      errorWatch = watch
    } else {
      output = OutputPipe(reader: reader, isError: false)
      outputWatch = watch
    }
  }

  func readOutput(isError: Bool, on loop: EventLoop, line: (LogDeduplicator.Line) -> Void) {
    let isOpen = readPipe(isError: isError, toTheEnd: false, line)
    if !isOpen { closeOutput(isError: isError, on: loop) }
  }

  /// The process is gone: reads what is left and closes the pipes.
  func finishOutput(on loop: EventLoop, line: (LogDeduplicator.Line) -> Void) {
    for isError in [false, true] {
      _ = readPipe(isError: isError, toTheEnd: true, line)
      closeOutput(isError: isError, on: loop)
    }
  }

  private func readPipe(isError: Bool, toTheEnd: Bool, _ line: (LogDeduplicator.Line) -> Void) -> Bool {
    func take(_ text: String) {
      guard !takesName(text) else { return }
      tail.append(text)
      line(.init(name: name, processID: processID, text: text, isError: isError))
    }
    if isError {
      return read(&errorOutput, toTheEnd: toTheEnd, take)
    } else {
      return read(&output, toTheEnd: toTheEnd, take)
    }
  }

  private func read(_ pipe: inout OutputPipe?, toTheEnd: Bool, _ line: (String) -> Void) -> Bool {
    // Taken out meanwhile: the lines may lead back here.
    guard var open = pipe.take() else { return false }
    var isOpen = false
    if toTheEnd { open.finish(line: line) } else { isOpen = open.read(line: line) }
    pipe = consume open
    return isOpen
  }

  /// Lines by which a worker says what it runs, as Ray's workers do.
  private func takesName(_ text: String) -> Bool {
    for prefix in [":task_name:", ":actor_name:"] where text.hasPrefix(prefix) {
      name = String(text.dropFirst(prefix.count).prefix(200))
      return true
    }
    return false
  }

  private func closeOutput(isError: Bool, on loop: EventLoop) {
    if let watch = isError ? errorWatch : outputWatch { loop.unwatch(watch) }
    if isError {
      errorOutput = nil
      errorWatch = nil
    } else {
      output = nil
      outputWatch = nil
    }
  }
}
