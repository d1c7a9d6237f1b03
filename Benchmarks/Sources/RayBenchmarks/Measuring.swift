private let roundCount = 4

/// Measures the way Ray's own microbenchmark does: calls are counted during a warm-up, then each round repeats a tenth of that
/// many calls until its time is over.
func measureRate(operationsPerCall: Double, seconds: Double, of body: Benchmark.Body) async throws -> Measurement {
  let clock = ContinuousClock()
  let warmUpEnd = clock.now + .seconds(seconds / 2)
  var callCount = 0
  repeat {
    try await body(1)
    callCount += 1
  } while clock.now < warmUpEnd
  let step = callCount / 10 + 1

  var samples: [Double] = []
  for _ in 0..<roundCount {
    let start = clock.now
    let end = start + .seconds(seconds)
    var now = start
    callCount = 0
    repeat {
      try await body(step)
      callCount += step
      now = clock.now
    } while now < end
    samples.append(operationsPerCall * Double(callCount) / (now - start).inSeconds)
  }
  return Measurement(samples: samples)
}

extension Duration {
  var inSeconds: Double { self / .seconds(1) }
}
