internal import Testing

@testable internal import RayObjectStore

@Suite struct CopyPolicyTests {
  /// Copies `rounds` times at the given speeds and says how often the helper was used.
  private func run(_ policy: inout CopyPolicy, rounds: Int, alone: UInt64, together: UInt64, byteCount: Int = 1 << 20) -> Int {
    (0..<rounds).count { _ in
      let helps = policy.usesHelper(forByteCount: byteCount)
      policy.record(byteCount: byteCount, nanoseconds: helps ? together : alone, usedHelper: helps)
      return helps
    }
  }

  @Test func theFasterWayIsTakenAndTheOtherTriedNowAndThen() {
    var policy = CopyPolicy()
    _ = run(&policy, rounds: 16, alone: 100, together: 60)
    #expect(run(&policy, rounds: 640, alone: 100, together: 60) == 600)
    var loaded = CopyPolicy()
    _ = run(&loaded, rounds: 16, alone: 100, together: 150)
    #expect(run(&loaded, rounds: 640, alone: 100, together: 150) == 40)
  }

  @Test func wakingTheHelperIsNotHeldAgainstIt() {
    var policy = CopyPolicy()
    var wasHelped = false
    var helpedCount = 0
    for _ in 0..<640 {
      let helps = policy.usesHelper(forByteCount: 1 << 20)
      policy.record(byteCount: 1 << 20, nanoseconds: !helps ? 100 : wasHelped ? 60 : 1_000, usedHelper: helps)
      wasHelped = helps
      if helps { helpedCount += 1 }
    }
    #expect(helpedCount > 560)
  }

  @Test func aChangeOfLoadIsNoticed() {
    var policy = CopyPolicy()
    _ = run(&policy, rounds: 100, alone: 100, together: 60)
    _ = run(&policy, rounds: 1_000, alone: 100, together: 300)
    #expect(run(&policy, rounds: 640, alone: 100, together: 300) == 40)
    _ = run(&policy, rounds: 1_000, alone: 100, together: 60)
    #expect(run(&policy, rounds: 640, alone: 100, together: 60) == 600)
  }

  @Test func sizesAreJudgedApart() {
    var policy = CopyPolicy()
    _ = run(&policy, rounds: 100, alone: 100, together: 150, byteCount: 1 << 20)
    _ = run(&policy, rounds: 100, alone: 1_000, together: 600, byteCount: 16 << 20)
    #expect(run(&policy, rounds: 64, alone: 100, together: 150, byteCount: (1 << 20) + 5) == 4)
    #expect(run(&policy, rounds: 64, alone: 1_000, together: 600, byteCount: 17 << 20) == 60)
  }

  @Test func oneInterruptedCopyDoesNotDecide() {
    var policy = CopyPolicy()
    _ = run(&policy, rounds: 100, alone: 100, together: 60)
    policy.record(byteCount: 1 << 20, nanoseconds: 4_000_000, usedHelper: true)
    #expect(run(&policy, rounds: 64, alone: 100, together: 60) == 60)
  }
}
