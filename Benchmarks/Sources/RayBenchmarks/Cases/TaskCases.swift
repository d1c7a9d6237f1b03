internal import Ray

extension Benchmark {
  static let taskCases: [Benchmark] = [
    rate("single client tasks and get batch", "batches/s") {
      { times in
        for _ in 0..<times { try await submitAndGet(1000) }
      }
    },
    rate("single client wait 1k refs", "loops/s") {
      { times in
        for _ in 0..<times { try await popOneByOne((0..<1000).map { _ in try $smallValue.remote() }) }
      }
    },
    rate("single client tasks sync", "tasks/s") {
      { times in
        for _ in 0..<times { _ = try await $smallValue.remote().value }
      }
    },
    rate("single client tasks async", "tasks/s", operationsPerCall: 1000) {
      { times in
        for _ in 0..<times { try await submitAndGet(1000) }
      }
    },
    rate("multi client tasks async", "tasks/s", operationsPerCall: 40_000) {
      let clients = try (0..<4).map { _ in try TaskClient.remote() }
      return { times in
        for _ in 0..<times { _ = try await Ray.get(clients.map { try $0.submitAndGet.remote(10_000) }) }
      }
    },
    rate("1000 concurrent awaiting tasks", "tasks/s", operationsPerCall: 1000) {
      { times in
        for _ in 0..<times { try await awaitConcurrently(1000) }
      }
    },
  ]

  private static func submitAndGet(_ count: Int) async throws {
    _ = try await Ray.get((0..<count).map { _ in try $smallValue.remote() })
  }

  private static func popOneByOne(_ refs: [ObjectRef<[UInt8]>]) async throws {
    var pending = refs
    // Only the first round fetches, as in Ray's test: afterwards everything is here or on its way.
    var isFirst = true
    while !pending.isEmpty {
      pending = try await Ray.wait(pending, fetchLocal: isFirst).pending
      isFirst = false
    }
  }

  private static func awaitConcurrently(_ count: Int) async throws {
    try await withThrowingTaskGroup { group in
      for _ in 0..<count {
        group.addTask { _ = try await $smallValue.remote().value }
      }
      try await group.waitForAll()
    }
  }
}
