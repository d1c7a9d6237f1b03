internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Whole clusters from one number each. Replay a failure with `RAY_SEED=8471 swift test --filter SimulationTests`;
/// look longer with `RAY_FUZZ_SECONDS=600`, follow one object's counts with `RAY_WATCH=w13#1.1`.
@Suite struct SimulationTests {
  @Test func everyRunEndsRightAndLeavesNothing() {
    if let seed = Self.variable("RAY_SEED") {
      let report = Self.run(seed, traceLimit: 4000)
      #expect(report == nil, "\(report ?? "")")
      return
    }
    let isLong = Self.variable("RAY_FUZZ_SECONDS") != nil
    let end = ContinuousClock.now + .seconds(Int64(Self.variable("RAY_FUZZ_SECONDS") ?? 15))
    var seed: UInt64 = isLong ? UInt64.random(in: 0..<1 << 40) : 1
    var failures = 0
    var count = 0
    while failures < 3, ContinuousClock.now < end {
      if let report = Self.run(seed) {
        failures += 1
        Issue.record("\(report)")
      }
      seed += 1
      count += 1
    }
    print("simulated \(count) clusters, the last from seed \(seed - 1)")
  }

  /// Nil when the run was right, else what to read and how to see it again.
  private static func run(_ seed: UInt64, traceLimit: Int = 60) -> String? {
    let cluster = SimulatedCluster(seed: seed, traceLimit: traceLimit)
    cluster.watched = getenv("RAY_WATCH").map { String(cString: $0) }
    cluster.run()
    guard let problem = cluster.problem else { return nil }
    return """
      seed \(seed): \(problem)
      replay: RAY_SEED=\(seed) swift test --filter SimulationTests
      \(cluster.options)
      \(cluster.trace.text)
      """
  }

  private static func variable(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
}
