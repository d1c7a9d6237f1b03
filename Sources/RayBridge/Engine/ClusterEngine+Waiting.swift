package import RayEngine
package import RayProtocol
internal import Synchronization

extension ClusterEngine {
  package func whenReady(_ handle: ObjectHandle) async throws { try await whenReady([handle], count: 1, timeout: nil) }

  package func whenReady(_ handles: [ObjectHandle], count: Int, timeout: Duration?) async throws {
    let entries = handles.compactMap { table.find($0.id) }
    guard entries.count == handles.count else { return }
    let isSatisfied = count == entries.count ? entries.allSatisfy(\.isResolved) : entries.count(where: \.isReady) >= count
    if isSatisfied { return }
    try Task.checkCancellation()
    let box = Mutex<ReadyRequest?>(nil)
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let request = ReadyRequest(handles, entries, count: count, timeout: timeout) { continuation.resume() }
        box.withLock { $0 = request }
        if Task.isCancelled { request.resume() } else { wait(for: request) }
      }
    } onCancel: {
      box.withLock { $0 }?.resume()
    }
    try Task.checkCancellation()
  }

  package func onReady(_ handle: ObjectHandle, _ body: @escaping @Sendable () -> Void) {
    guard let entry = table.find(handle.id), !entry.isReady else { return body() }
    wait(for: ReadyRequest([handle], [entry], count: 1, timeout: nil, body))
  }

  package func isReady(_ id: ObjectID) -> Bool {
    guard let entry = table.find(id) else { return true }
    if !entry.isReady, entry.kind == .object {
      _ = try? gate.pass { try host.run { _ in try look(for: [entry], milliseconds: 0) } }
    }
    return entry.isReady
  }

  /// What is known without asking Ray: whoever calls this waits first, and the wait asks.
  package func readiness(of ids: [ObjectID], enough: Int) -> Readiness {
    var result = Readiness()
    result.hasDuplicates = Set(ids).count < ids.count
    for (position, id) in ids.enumerated() where result.ready.count < enough {
      if table.find(id)?.isReady ?? true { result.ready.append(position) }
    }
    return result
  }

  // MARK: Blocking

  /// Blocks until one of the requests is done or the time is over, and marks those that are done. All are when Ray was shut down.
  func block(on requests: [ReadyRequest], milliseconds: Int) {
    let open = requests.filter { !$0.isDone }
    guard !open.isEmpty else { return }
    if gate.pass({ blockInside(on: open, milliseconds) }) == nil { for request in open { request.markDone() } }
  }

  private func blockInside(on open: [ReadyRequest], _ milliseconds: Int) {
    defer { stayFirstAtExit() }
    do {
      try Python.withLock {
        do { try blockLocked(on: open, milliseconds) } catch let failure as PythonFailure { try interrupted(by: failure, open) }
      }
    } catch {
      let bytes = ErrorCoding.encode(ErrorCoding.rayError(from: error))
      for request in open {
        for entry in request.entries { entry.fail(bytes) }
        request.markDone()
      }
    }
  }

  private func blockLocked(on requests: [ReadyRequest], _ milliseconds: Int) throws {
    if requests.count == 1, requests[0].wantsAll { return try fetchAll(requests[0], milliseconds) }
    var seen: Set<ObjectIdentifier> = []
    let unready = requests.flatMap(\.entries).filter { !$0.isReady && seen.insert(ObjectIdentifier($0)).inserted }
    let patience = requests.map { $0.patience(milliseconds) }.min() ?? 0
    if !unready.isEmpty, !requests.contains(where: isSatisfied) {
      try look(for: unready, count: requests.count == 1 ? missing(requests[0]) : 1, milliseconds: patience)
      // Ray stops looking when it has found enough; the first ones in order are wanted, and the others save the next question.
      let later = unready.filter { !$0.isReady }
      if !later.isEmpty, later.count < unready.count { try look(for: later, milliseconds: 0) }
    }
    for request in requests where isSatisfied(request) || request.isOverdue {
      if request.wantsAll { try fetchReady(request.entries) }
      request.markDone()
    }
  }

  /// Fetching is waiting where every value is wanted: a block of them at a time, so that what is there is read while the rest is
  /// computed. What is there when the time is over is fetched, too.
  private func fetchAll(_ request: ReadyRequest, _ milliseconds: Int) throws {
    if try fetch(request.nextOpen(Self.blockSize), milliseconds: request.patience(milliseconds)) {
      if request.nextOpen(1).isEmpty { request.markDone() }
      return
    }
    guard request.isOverdue else { return }
    let open = request.entries.filter { !$0.isResolved }
    try look(for: open, milliseconds: 0)
    try fetchReady(open)
    request.markDone()
  }

  /// Large enough that waking up costs little for each.
  private static var blockSize: Int { 256 }

  /// Fetches what is known to be ready. A failure among it ends Ray's fetching early, so it may take several rounds.
  private func fetchReady(_ entries: [ObjectTable.Entry]) throws {
    var open = entries.filter { $0.isReady && !$0.isResolved }
    while !open.isEmpty {
      let count = open.count
      _ = try fetch(open, milliseconds: -1)
      open.removeAll(where: \.isResolved)
      guard open.count < count else { return }
    }
  }

  private func isSatisfied(_ request: ReadyRequest) -> Bool { missing(request) <= 0 }

  private func missing(_ request: ReadyRequest) -> Int { request.count - request.entries.count(where: \.isReady) }

  /// Asks which are ready; the lock is held.
  private func look(for entries: [ObjectTable.Entry], count: Int? = nil, milliseconds: Int) throws {
    let ready = try host.wait([
      try ToPython.list(of: entries.map(\.object)), try ToPython.int(max(1, min(count ?? entries.count, entries.count))),
      try ToPython.int(milliseconds), ToPython.bool(true),
    ])
    for (entry, isReady) in zip(entries, FromPython.list(ready.pointer)) where FromPython.bool(isReady) { entry.markReady() }
  }

  /// A worker's main thread is interrupted when the task it runs is cancelled; anything else is a failure of the wait.
  private func interrupted(by failure: PythonFailure, _ requests: [ReadyRequest]) throws {
    if failure.isInterrupt {
      WorkerState.interrupt()
      return
    }
    throw host.error(failure)
  }
}
