package import RayEngine
internal import RayProtocol

extension ClusterEngine {
  package func nextElement(of stream: StreamHandle) async throws -> ObjectHandle? {
    guard let entry = table.find(stream.completion.id) else { throw RayError(.shutDown, "the stream's runtime was shut down") }
    let element = try await nextReference(entry)
    guard let element else { return nil }
    // The error of a failed stream comes as one more element.
    try await whenReady(element)
    if case .failed(let bytes) = state(of: element) { throw TypedErrors.decode(bytes, of: stream.completion) }
    return element
  }

  /// Waits on a thread of its own, in slices, so that a cancelled wait ends.
  private func nextReference(_ entry: ObjectTable.Entry) async throws -> ObjectHandle? {
    while true {
      try Task.checkCancellation()
      let step = try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Step, any Error>) in
        BlockingThreads.shared.run { [self] in
          continuation.resume(with: Result { try gate.pass { try self.step(entry, milliseconds: Pump.slice) } ?? .gone })
        }
      }
      switch step {
      case .element(let handle): return handle
      case .ended: return nil
      case .pending: continue
      case .gone: throw RayError(.shutDown, "the stream's runtime was shut down")
      }
    }
  }

  private enum Step: Sendable {
    case element(ObjectHandle)
    case ended
    case pending
    /// Ray was shut down.
    case gone
  }

  private func step(_ entry: ObjectTable.Entry, milliseconds: Int) throws -> Step {
    try host.run { host in
      Python.api.retain(entry.object.pointer)
      let next = try host.nextElement([entry.object.pointer, try ToPython.int(milliseconds)])
      if FromPython.isNone(next.pointer) {
        entry.markReady()
        return .ended
      }
      if FromPython.isInstance(next.pointer, Python.api.boolType) { return .pending }
      return .element(try adoptObject(next))
    }
  }

  /// Nobody reads the stream any more: the callee need not go on.
  func dropStream(_ entry: ObjectTable.Entry) {
    // One that was read to its end has nobody to tell.
    if entry.isReady { return }
    BlockingThreads.shared.run { [self] in
      _ = try? gate.pass {
        try host.run { host in
          Python.api.retain(entry.object.pointer)
          _ = try host.cancel([entry.object.pointer, ToPython.bool(false), ToPython.bool(true), ToPython.bool(false)])
        }
      }
    }
  }
}

/// Threads for short blocking calls, a few of which are kept for the next one.
final class BlockingThreads: Sendable {
  static let shared = BlockingThreads()

  private let monitor = Monitor()
  // Guarded by `monitor`.
  nonisolated(unsafe) private var queue: [@Sendable () -> Void] = []
  nonisolated(unsafe) private var idleCount = 0
  private static let keptCount = 8

  func run(_ body: @escaping @Sendable () -> Void) {
    let starts = monitor.withLock { () -> Bool in
      queue.append(body)
      monitor.signal()
      return idleCount < queue.count
    }
    if starts { SystemThread.start("ray-blocking") { [self] in work() } }
  }

  private func work() {
    while true {
      monitor.lock()
      if queue.isEmpty, idleCount >= Self.keptCount { return monitor.unlock() }
      idleCount += 1
      while queue.isEmpty { monitor.wait() }
      idleCount -= 1
      let body = queue.removeFirst()
      monitor.unlock()
      body()
    }
  }
}
