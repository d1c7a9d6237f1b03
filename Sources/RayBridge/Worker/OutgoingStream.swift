internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// The elements of a streaming call between the Swift code that yields them and Ray, which takes them.
///
/// The producer holds one element until it is taken: how far it may run ahead is what Ray's own back-pressure says.
final class OutgoingStream: @unchecked Sendable {
  // Sendable: everything that changes is guarded by `monitor`.
  private let monitor = Monitor()
  private var elements: [EncodedValue] = []
  private var outcome: Outcome?
  private var isClosed = false
  private var producer: UnsafeContinuation<Void, Never>?
  private var taker: (@Sendable (Step) -> Void)?
  private(set) var call: RunningCall?
  private static let lead = 0

  enum Step: Sendable {
    case element(EncodedValue)
    /// After the last element: how the call ended.
    case ended(Outcome)
  }

  func start(_ incoming: IncomingCall, on executor: ServingThread) {
    let sink = StreamSink(yield)
    call = Execution.startStream(incoming, on: executor, sink: sink) { [self] in end($0) }
  }

  // MARK: The producer

  private func yield(_ encode: (inout ByteWriter) throws -> Void) async throws {
    try Task.checkCancellation()
    hand(.element(try Execution.encode(0, encode)))
    await withUnsafeContinuation { continuation in
      let mayGoOn = monitor.withLock { () -> Bool in
        if isClosed || elements.count <= Self.lead { return true }
        producer = continuation
        return false
      }
      if mayGoOn { continuation.resume() }
    }
    try Task.checkCancellation()
  }

  private func end(_ outcome: Outcome) { hand(.ended(outcome)) }

  private func hand(_ step: Step) {
    let taker = monitor.withLock { () -> (@Sendable (Step) -> Void)? in
      if let taker = self.taker.take() { return taker }
      switch step {
      case .element(let value): elements.append(value)
      case .ended(let outcome): self.outcome = outcome
      }
      monitor.signal()
      return nil
    }
    taker?(step)
  }

  // MARK: The taker

  /// Waits for the next step; returns nil about every 50 ms, for whoever has to look at other things meanwhile.
  func next() -> Step? {
    monitor.lock()
    if elements.isEmpty, outcome == nil { monitor.wait(milliseconds: 50) }
    return unlockAfterTaking()
  }

  /// Calls back with the next step.
  func next(_ body: @escaping @Sendable (Step) -> Void) {
    monitor.lock()
    if elements.isEmpty, outcome == nil {
      taker = body
      monitor.unlock()
      return
    }
    if let step = unlockAfterTaking() { body(step) }
  }

  private func unlockAfterTaking() -> Step? {
    var step: Step?
    var resumed: UnsafeContinuation<Void, Never>?
    if !elements.isEmpty {
      step = .element(elements.removeFirst())
      if elements.count <= Self.lead { resumed = producer.take() }
    } else if let outcome {
      step = .ended(outcome)
    }
    monitor.unlock()
    resumed?.resume()
    return step
  }

  /// Nobody takes elements any more.
  func close() {
    let waiting = monitor.withLock { () -> UnsafeContinuation<Void, Never>? in
      isClosed = true
      return producer.take()
    }
    call?.cancel()
    waiting?.resume()
  }
}
