internal import Ray

/// Ray's tests use half of the cores for actors.
private let actorCount = max(1, coreCount / 2)

extension Benchmark {
  static let actorCases =
    classActorCases + asyncActorCases + [
      Benchmark(
        name: "placement group create/removal", unit: "PGs/s",
        work: .skipped(reason: "swift-ray has no placement groups yet"))
    ]

  private static let classActorCases: [Benchmark] = [
    rate("1:1 actor calls sync", "calls/s") {
      let actor = try Actor.remote()
      return { times in
        for _ in 0..<times { _ = try await actor.smallValue.remote().value }
      }
    },
    rate("1:1 actor calls async", "calls/s", operationsPerCall: 1000) {
      let actor = try Actor.remote()
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<1000).map { _ in try actor.smallValue.remote() }) }
      }
    },
    rate("1:1 actor calls concurrent", "calls/s", operationsPerCall: 1000) {
      let actor = try Actor.options(maxConcurrency: 16).remote()
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<1000).map { _ in try actor.smallValue.remote() }) }
      }
    },
    rate("1:n actor calls async", "calls/s", operationsPerCall: Double(5000 * actorCount)) {
      let client = try ActorClient.remote((0..<actorCount).map { _ in try Actor.remote() })
      return { times in
        for _ in 0..<times { try await client.callEach.remote(5000).value }
      }
    },
    rate("n:n actor calls async", "calls/s", operationsPerCall: 20_000) {
      let actors = try (0..<actorCount).map { _ in try Actor.remote() }
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<4).map { _ in try $callAll.remote(actors, 5000) }) }
      }
    },
    rate("n:n actor calls with arg async", "calls/s", operationsPerCall: Double(1000 * actorCount)) {
      let clients = try (0..<actorCount).map { _ in try ActorClient.remote([try Actor.remote()]) }
      return { times in
        for _ in 0..<times { _ = try await Ray.get(clients.map { try $0.callEachWithReference.remote(1000) }) }
      }
    },
  ]

  private static let asyncActorCases: [Benchmark] = [
    rate("1:1 async-actor calls sync", "calls/s") {
      let actor = try AsyncActor.remote()
      return { times in
        for _ in 0..<times { _ = try await actor.smallValue.remote().value }
      }
    },
    rate("1:1 async-actor calls async", "calls/s", operationsPerCall: 1000) {
      let actor = try AsyncActor.remote()
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<1000).map { _ in try actor.smallValue.remote() }) }
      }
    },
    rate("1:1 async-actor calls with args async", "calls/s", operationsPerCall: 1000) {
      let actor = try AsyncActor.remote()
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<1000).map { try actor.smallValue.remote(of: $0) }) }
      }
    },
    rate("1:n async-actor calls async", "calls/s", operationsPerCall: Double(5000 * actorCount)) {
      let client = try AsyncActorClient.remote((0..<actorCount).map { _ in try AsyncActor.remote() })
      return { times in
        for _ in 0..<times { try await client.callEach.remote(5000).value }
      }
    },
    rate("n:n async-actor calls async", "calls/s", operationsPerCall: 20_000) {
      let actors = try (0..<actorCount).map { _ in try AsyncActor.remote() }
      return { times in
        for _ in 0..<times { _ = try await Ray.get((0..<4).map { _ in try $callAllAsync.remote(actors, 5000) }) }
      }
    },
  ]
}
