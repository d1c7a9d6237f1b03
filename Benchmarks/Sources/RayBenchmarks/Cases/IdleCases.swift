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

  /// The driver and the two largest of its workers (machines with more cores have more), after some tasks have run.
  private static func idleProcesses() async throws -> [ProcessStatistics] {
    _ = try await Ray.get((0..<100).map { _ in try $smallValue.remote() })
    // "Idle" has no event of its own: give starting threads and warm-ups a second to finish.
    try await Task.sleep(for: .seconds(1))
    let processes = ProcessStatistics.currentAndDescendants
    guard processes.count > 2 else {
      throw WrongResult(description: "expected a driver and 2 workers, found \(processes.count) processes")
    }
    let workers = processes[1...].sorted { $0.residentBytes > $1.residentBytes }
    return [processes[0]] + workers.prefix(2)
  }

  private static func describe(_ processes: [ProcessStatistics]) -> String {
    processes.map { "\($0.residentBytes >> 20) MiB/\($0.threadCount) threads" }.joined(separator: ", ")
  }
}
