internal import RayTransport
internal import TestSupport
internal import Testing

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct FaultPlanTests {
  private static let kinds: [String: UInt8] = ["Push": 1, "Done": 2]

  @Test func textFormNamesActionKindOccurrenceDurationAndProbability() throws {
    let text = "drop=Push:2, delay=in.Done:5ms@0.1,duplicate=out.7:2-4,reorder=*:1s,seed=42"
    let plan = try FaultPlan(parsing: text, kinds: Self.kinds)
    #expect(plan.seed == 42)
    #expect(
      plan.rules == [
        .init(.drop, kind: 1, occurrences: 2...2),
        .init(.delay(.milliseconds(5)), direction: .inbound, kind: 2, probability: 0.1),
        .init(.duplicate, direction: .outbound, kind: 7, occurrences: 2...4),
        .init(.reorder(.seconds(1))),
      ])
  }

  @Test func emptyTextIsAnEmptyPlan() throws {
    #expect(try FaultPlan(parsing: "", kinds: [:]).rules.isEmpty)
  }

  @Test(arguments: [
    "drop", "drop=Pull", "lose=Push", "seed=x", "delay=Push", "drop=Push:5ms", "drop=Push@2", "drop=Push:0", "drop=Push:4-2",
    "drop=300", "drop=Push:", "drop=", "delay=Push:5m", "drop=Push:1-2-3",
  ])
  func malformedTextIsRefusedAndQuoted(text: String) {
    do throws(TransportError) {
      _ = try FaultPlan(parsing: text, kinds: Self.kinds)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect(error.code == .invalidArgument)
      #expect(error.message.contains("cannot read the fault plan at"))
    }
  }

  // MARK: Effects

  private func outboundIDs(_ plan: String, count: UInt64, expecting expected: Int) throws -> [UInt64] {
    var configuration = Connection.Configuration()
    configuration.faults = try FaultPlan(parsing: plan, kinds: Self.kinds)
    let fixture = try LoopWithPeer(configuration)
    for id in 0..<count { _ = try fixture.connection.append(FrameHeader(kind: id % 2 == 0 ? 1 : 2, id: id)) }
    fixture.wait("\(expected) frames") { fixture.connection.statistics.sentByteCount >= UInt64(16 * expected) }
    fixture.loop.run(until: { false }, for: .milliseconds(2))
    let bytes = receiveAll(Int(fixture.connection.statistics.sentByteCount), from: fixture.peer.raw)
    return stride(from: 8, to: bytes.count, by: 16).map { UInt64(bytes[$0]) }
  }

  private func inboundIDs(_ plan: String, count: UInt64, expecting expected: Int) throws -> [UInt64] {
    var configuration = Connection.Configuration()
    configuration.faults = try FaultPlan(parsing: plan, kinds: Self.kinds)
    let fixture = try LoopWithPeer(configuration)
    sendAll((0..<count).flatMap { encoded(.init(kind: $0 % 2 == 0 ? 1 : 2, id: $0)) }, to: fixture.peer.raw)
    fixture.wait("\(expected) frames") { fixture.recorder.frameCount >= expected }
    fixture.loop.run(until: { false }, for: .milliseconds(2))
    return fixture.recorder.frames.map(\.id)
  }

  @Test(arguments: [
    ("drop=Push:2", [0, 1, 3, 4, 5]), ("drop=Push", [1, 3, 5]), ("duplicate=Done:1", [0, 1, 1, 2, 3, 4, 5]),
    ("reorder=Push:1:3ms", [1, 2, 3, 4, 5, 0]), ("delay=Push:1:3ms", [0, 1, 2, 3, 4, 5]), ("drop=*:2-5", [0, 5]),
    ("delay=Push:2:3ms,drop=Done:2", [0, 1, 2, 4, 5]), ("reorder=0:1ms", [0, 1, 2, 3, 4, 5]),
  ])
  func planChangesExactlyTheFramesItNames(plan: String, expected: [UInt64]) throws {
    #expect(try outboundIDs(plan, count: 6, expecting: expected.count) == expected)
    #expect(try inboundIDs(plan, count: 6, expecting: expected.count) == expected)
  }

  @Test func delayHoldsTheLineForItsTime() throws {
    var configuration = Connection.Configuration()
    configuration.faults = try FaultPlan(parsing: "delay=in.Push:1:30ms", kinds: Self.kinds)
    let fixture = try LoopWithPeer(configuration)
    sendAll(encoded(.init(kind: 1, id: 1)) + encoded(.init(kind: 2, id: 2)), to: fixture.peer.raw)
    let start = ContinuousClock.now
    fixture.wait("both frames") { fixture.recorder.frameCount == 2 }
    #expect(ContinuousClock.now - start >= .milliseconds(25))
  }

  @Test func directionLimitsARule() throws {
    #expect(try outboundIDs("drop=in.*", count: 4, expecting: 4) == [0, 1, 2, 3])
    #expect(try inboundIDs("drop=out.*", count: 4, expecting: 4) == [0, 1, 2, 3])
  }

  @Test func probabilityIsRepeatableFromTheSeed() throws {
    let first = try inboundIDs("drop=*:2-100@0.5,seed=7", count: 100, expecting: 1)
    #expect(try inboundIDs("drop=*:2-100@0.5,seed=7", count: 100, expecting: 1) == first)
    #expect(try inboundIDs("drop=*:2-100@0.5,seed=8", count: 100, expecting: 1) != first)
    #expect((25...75).contains(first.count))
  }

  @Test func descriptorsAndTheirFramesAreNeverTouched() throws {
    var configuration = Connection.Configuration()
    configuration.faults = try FaultPlan(parsing: "drop=*", kinds: [:])
    let fixture = try LoopWithPeer(configuration)
    let pair = try SocketPair()
    let copy = try pair.first.duplicate().release()
    _ = fixture.connection.withOutbound { buffer in
      buffer.attach(OwnedDescriptor(adopting: copy))
      try? buffer.appendFrame(FrameHeader(kind: 1), body: .init(start: nil, count: 0))
    }
    fixture.connection.flush()
    #expect(fixture.connection.statistics.sentByteCount == 16)
  }
}
