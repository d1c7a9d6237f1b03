internal import Synchronization

/// Applies a ``FaultPlan`` to one direction of one connection.
///
/// The outbound one is used under the connection's lock, the inbound one by the holder of the polling role: never concurrently.
final class FaultInjector: @unchecked Sendable {
  private let rules: [FaultPlan.Rule]
  private var matchCounts: [UInt64]
  private var generatorState: UInt64
  /// Frames held back, by deadline; equal deadlines keep their order.
  private var held: [HeldFrame] = []
  private var lineDeadline: UInt64 = 0
  /// Nothing passes any more; the connection is ending.
  private(set) var isCut = false
  /// When the timer that is under way releases frames.
  private var releaseTime: UInt64?

  private struct HeldFrame {
    var deadline: UInt64
    var bytes: [UInt8]
    /// Whether later frames wait behind this one.
    var holdsLine: Bool
  }

  init(plan: FaultPlan, direction: FaultPlan.Direction) {
    rules = plan.rules.filter { $0.direction == nil || $0.direction == direction }
    matchCounts = Array(repeating: 0, count: rules.count)
    generatorState = plan.seed &+ plan.stream &* 0x9E37_79B9_7F4A_7C15 &+ (direction == .inbound ? 1 : 2)
  }

  // MARK: Outbound, under the connection's lock

  func filterOutbound(_ buffer: inout OutboundBuffer, from start: Int, on connection: Connection) {
    guard buffer.position > start, !buffer.attachments.contains(where: { $0.position >= start }) else { return }
    let appended = buffer.takeBack(from: start)
    let now = System.now
    let wasCut = isCut
    filter(appended, now: now, canHold: connection.sending.pointee.loop != nil) { buffer.append($0) }
    if isCut {
      if !wasCut { connection.scheduleCut(loop: connection.sending.pointee.loop) }
    } else {
      connection.scheduleOutboundRelease(self, loop: connection.sending.pointee.loop)
    }
  }

  func releaseDue(into buffer: inout OutboundBuffer) {
    for frame in takeDue() { frame.withUnsafeBytes { buffer.append(FrameBatch(bytes: $0, count: 1)) } }
  }

  /// The process ends: what was held back leaves now.
  func releaseAll(into buffer: inout OutboundBuffer) {
    for index in held.indices { held[index].deadline = 0 }
    releaseDue(into: &buffer)
  }

  // MARK: Inbound, by the holder of the polling role

  func filterInbound(_ batch: FrameBatch, on connection: Connection, loop: EventLoop) -> CloseReason? {
    var passed: [UInt8] = []
    var count = 0
    let now = System.now
    filter(Array(batch.bytes), now: now, canHold: true) {
      passed.append(contentsOf: $0.bytes)
      count += $0.count
    }
    var reason: CloseReason?
    if count > 0 {
      reason = passed.withUnsafeBytes { loop.callDelegate(FrameBatch(bytes: $0, count: count), on: connection) }
    }
    if isCut { return reason ?? Self.cutReason }
    loop.scheduleInboundRelease(self, on: connection)
    return reason
  }

  func takeDue() -> [[UInt8]] {
    let now = System.now
    let due = held.prefix { $0.deadline <= now }.map(\.bytes)
    held.removeFirst(due.count)
    if let time = releaseTime, time <= now { releaseTime = nil }
    return due
  }

  static let cutReason = CloseReason.closedLocally("the fault plan cuts it")

  // MARK: Decisions

  private func filter(_ bytes: [UInt8], now: UInt64, canHold: Bool, pass: (FrameBatch) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var offset = 0
      for frame in FrameBatch(bytes: bytes, count: 0) {
        let size = FrameHeader.byteCount + frame.body.count
        let single = FrameBatch(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]), count: 1)
        offset += size
        if isCut { return }
        let action = decide(frame.kind)
        if action == .cut {
          isCut = true
          return
        }
        if action == .drop { continue }
        for _ in 0..<(action == .duplicate ? 2 : 1) {
          if canHold, let place = holdDeadline(action, now: now) {
            hold(single, until: place.deadline, holdsLine: place.holdsLine)
          } else {
            pass(single)
          }
        }
      }
    }
  }

  private func holdDeadline(_ action: FaultPlan.Action?, now: UInt64) -> (deadline: UInt64, holdsLine: Bool)? {
    switch action {
    case .delay(let duration)?:
      lineDeadline = max(lineDeadline, now &+ duration.clampedNanoseconds)
      return (lineDeadline, true)
    case .reorder(let duration)?:
      return (now &+ duration.clampedNanoseconds, false)
    default:
      return held.contains { $0.holdsLine } ? (lineDeadline, true) : nil
    }
  }

  private func hold(_ frame: FrameBatch, until deadline: UInt64, holdsLine: Bool) {
    let index = held.firstIndex { $0.deadline > deadline } ?? held.endIndex
    held.insert(HeldFrame(deadline: deadline, bytes: Array(frame.bytes), holdsLine: holdsLine), at: index)
  }

  /// How long until held frames must be released, when no timer is under way for that.
  func startRelease() -> Duration? {
    guard let deadline = held.first?.deadline, deadline < releaseTime ?? .max else { return nil }
    releaseTime = deadline
    let now = System.now
    return .nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0))
  }

  private func decide(_ kind: UInt8) -> FaultPlan.Action? {
    for (index, rule) in rules.enumerated() where rule.kind == nil || rule.kind == kind {
      matchCounts[index] += 1
      if let occurrences = rule.occurrences, !occurrences.contains(matchCounts[index]) { continue }
      if let probability = rule.probability, nextUnit() >= probability { continue }
      return rule.action
    }
    return nil
  }

  /// SplitMix64, as a number in [0, 1).
  private func nextUnit() -> Double {
    generatorState &+= 0x9E37_79B9_7F4A_7C15
    var z = generatorState
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

extension OutboundBuffer {
  /// Removes and returns everything appended since `start`.
  mutating func takeBack(from start: Int) -> [UInt8] {
    let offset = start - discarded
    let bytes = Array(UnsafeRawBufferPointer(start: base + offset, count: tail - offset))
    // Frames that pass are counted when they come back.
    for _ in bytes.withUnsafeBytes({ Array(FrameBatch(bytes: $0, count: 0)) }) { appendedFrameCount &-= 1 }
    truncate(to: start)
    return bytes
  }
}

extension Connection {
  /// Under the connection's lock.
  func scheduleOutboundRelease(_ faults: FaultInjector, loop: EventLoop?) {
    guard let loop, let delay = faults.startRelease() else { return }
    loop.schedule(after: delay) { [weak self] in self?.releaseHeldOutbound() }
  }

  /// What passed before is still sent. Later, because the lock is held.
  func scheduleCut(loop: EventLoop?) {
    loop?.schedule(after: .zero) { [weak self] in
      self?.flush()
      self?.close(reason: FaultInjector.cutReason)
    }
  }

  private func releaseHeldOutbound() {
    outboundLock.lock()
    if sending.pointee.isOpen, let faults = sending.pointee.faults {
      faults.releaseDue(into: &sending.pointee.buffer)
      scheduleOutboundRelease(faults, loop: sending.pointee.loop)
    }
    outboundLock.unlock()
    flush()
  }
}

extension EventLoop {
  /// With the polling role.
  func scheduleInboundRelease(_ faults: FaultInjector, on connection: Connection) {
    guard let delay = faults.startRelease() else { return }
    schedule(after: delay) { [weak self, weak connection] in
      if let self, let connection { deliverHeld(on: connection) }
    }
  }

  /// Delivers inbound frames whose delay has passed. Runs as a timer, hence with the polling role.
  private func deliverHeld(on connection: Connection) {
    guard let faults = connection.receiving.pointee.faults, !connection.isClosing.load(ordering: .acquiring) else { return }
    for frame in faults.takeDue() {
      let reason = frame.withUnsafeBytes { callDelegate(FrameBatch(bytes: $0, count: 1), on: connection) }
      if let reason { return finish(connection, reason) }
    }
    scheduleInboundRelease(faults, on: connection)
  }
}
