internal import Ray

extension Benchmark {
  static let scaleCases: [Benchmark] = [
    Benchmark(name: "1M tasks queued by one driver", unit: "tasks/s", work: .once(queueMillion)),
    Benchmark(name: "nested fib(20)", unit: "tasks/s", work: .once(runNested)),
  ]

  private static let queueMillion: @Sendable () async throws -> Measurement = {
    let count = 1_000_000
    let start = ContinuousClock.now
    let refs = try (0..<count).map { _ in try $smallValue.remote() }
    let submitted = ContinuousClock.now
    for value in try await Ray.get(refs) where value != okBytes { throw WrongResult(description: "a task returned \(value)") }
    let end = ContinuousClock.now
    let peak = (ProcessStatistics.current?.peakResidentBytes ?? 0) >> 20
    return Measurement(
      mean: Double(count) / (end - start).inSeconds,
      note: "submitted in \(milliseconds(submitted - start)) ms, driver peak RSS \(peak) MiB")
  }

  private static let runNested: @Sendable () async throws -> Measurement = {
    let start = ContinuousClock.now
    let result = try await $fibonacci.remote(20).value
    let elapsed = ContinuousClock.now - start
    guard result == 6765 else { throw WrongResult(description: "fib(20) = \(result)") }
    let calls = 21_891.0
    return Measurement(mean: calls / elapsed.inSeconds, note: "21,891 tasks in \(milliseconds(elapsed)) ms")
  }

  private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}

struct WrongResult: Error, CustomStringConvertible {
  let description: String
}
