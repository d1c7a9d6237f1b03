internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Shows the lines of workers on this process's terminal, never waiting for it.
struct LogForwarder {
  private var deduplicator: LogDeduplicator?
  private let sink: (@Sendable (String, Bool) -> Void)?
  private let isEnabled: Bool
  /// What standard output and error did not take yet.
  private var waiting: [[UInt8]] = [[], []]
  private var droppedCount = 0
  private static let waitingByteCountMax = 1 << 20

  init(_ configuration: NodeConfiguration) {
    isEnabled = configuration.forwardsLogs
    deduplicator = configuration.deduplicatesLogs ? LogDeduplicator() : nil
    sink = configuration.logSink
  }

  mutating func forward(_ line: LogDeduplicator.Line, now: Duration) {
    guard isEnabled else { return }
    guard deduplicator != nil else { return show(LogDeduplicator.format(line)) }
    if let output = deduplicator!.lineArrived(line, now: now) { show(output) }
  }

  mutating func timePassed(now: Duration) {
    for output in deduplicator?.timePassed(now: now) ?? [] { show(output) }
    for stream in 0..<2 { drain(stream) }
  }

  mutating func finish() {
    for output in deduplicator?.flushAll() ?? [] { show(output) }
    for stream in 0..<2 { drain(stream) }
  }

  func nextDeadline(now: Duration) -> Duration? {
    if waiting.contains(where: { !$0.isEmpty }) { return now + .milliseconds(10) }
    return deduplicator?.nextDeadline
  }

  private mutating func show(_ output: LogDeduplicator.Output) {
    if let sink { return sink(output.text, output.isError) }
    let stream = output.isError ? 1 : 0
    guard waiting[stream].count < Self.waitingByteCountMax else {
      droppedCount += 1
      return
    }
    if droppedCount > 0 {
      waiting[stream].append(contentsOf: "swift-ray: \(droppedCount) lines of workers were dropped\n".utf8)
      droppedCount = 0
    }
    waiting[stream].append(contentsOf: output.text.utf8)
    waiting[stream].append(UInt8(ascii: "\n"))
    drain(stream)
  }

  /// Writes what goes without waiting. The descriptor is the program's own, so it cannot be made non-blocking.
  private mutating func drain(_ stream: Int) {
    while !waiting[stream].isEmpty {
      var state = pollfd(fd: Int32(stream + 1), events: Int16(POLLOUT), revents: 0)
      guard poll(&state, 1, 0) == 1, state.revents & Int16(POLLOUT) != 0 else { return }
      // A pipe that polls writable takes this much at once.
      let count = min(waiting[stream].count, 4096)
      let written = waiting[stream].withUnsafeBytes { write(Int32(stream + 1), $0.baseAddress, count) }
      guard written > 0 else { return waiting[stream].removeAll() }
      waiting[stream].removeFirst(written)
    }
  }
}
