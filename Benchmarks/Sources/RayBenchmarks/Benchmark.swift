/// One case: what is measured and in which unit.
struct Benchmark: Sendable {
  /// Performs the operation under test so many times.
  ///
  /// The loop is inside, so that operations of a few nanoseconds are not measured through a closure call each.
  typealias Body = @Sendable (_ times: Int) async throws -> Void

  enum Work: Sendable {
    /// Repeated for as long as the measurement lasts; the result is calls per second times `operationsPerCall`.
    case rate(operationsPerCall: Double, prepare: @Sendable () async throws -> Body)
    /// Runs once and says itself what it measured.
    case once(@Sendable () async throws -> Measurement)
    case skipped(reason: String)
  }

  let name: String
  let unit: String
  let work: Work

  static let all = objectCases + taskCases + actorCases + scaleCases + idleCases

  /// A case that calls `operation` again and again.
  static func rate(
    _ name: String, _ unit: String, operationsPerCall: Double = 1,
    prepare: @escaping @Sendable () async throws -> Body
  ) -> Benchmark {
    Benchmark(name: name, unit: unit, work: .rate(operationsPerCall: operationsPerCall, prepare: prepare))
  }
}

/// A mean with its spread, and what else is worth telling.
struct Measurement: Sendable {
  var mean: Double
  var standardDeviation = 0.0
  var note: String?

  init(mean: Double, note: String? = nil) {
    self.mean = mean
    self.note = note
  }

  init(samples: [Double]) {
    let count = Double(samples.count)
    mean = samples.reduce(0, +) / count
    let center = mean
    standardDeviation = (samples.reduce(0) { $0 + ($1 - center) * ($1 - center) } / count).squareRoot()
  }
}
