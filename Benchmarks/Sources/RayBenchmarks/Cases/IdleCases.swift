internal import Ray

extension Benchmark {
  static let idleCases: [Benchmark] = [
    Benchmark(
      name: "idle memory of driver and 2 workers", unit: "MiB",
      work: .once {
        let processes = try await idleProcesses()
        let total = processes.reduce(0) { $0 + $1.residentBytes }
        return Measurement(mean: Double(total) / 1_048_576, note: describe(processes))
      }),
    Benchmark(
      name: "idle threads of driver and 2 workers", unit: "threads",
      work: .once {
        let processes = try await idleProcesses()
        return Measurement(mean: Double(processes.reduce(0) { $0 + $1.threadCount }), note: describe(processes))
      }),
  ]

  /// The driver and everything it started, once two actors (so: two worker processes) have answered.
  private static func idleProcesses() async throws -> [ProcessStatistics] {
    let actors = try (0..<2).map { _ in try Actor.remote() }
    _ = try await Ray.get(actors.map { try $0.smallValue.remote() })
    // "Idle" has no event of its own: give starting threads and warm-ups a second to finish.
    try await Task.sleep(for: .seconds(1))
    let processes = ProcessStatistics.currentAndDescendants
    guard processes.count > actors.count else {
      throw WrongResult(description: "expected a driver and \(actors.count) workers, found \(processes.count) processes")
    }
    // The handles must live until here, or their processes may be gone.
    return withExtendedLifetime(actors) { processes }
  }

  private static func describe(_ processes: [ProcessStatistics]) -> String {
    processes.map { "\($0.residentBytes >> 20) MiB/\($0.threadCount) threads" }.joined(separator: ", ")
  }
}
