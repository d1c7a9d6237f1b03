import Ray
import RayTesting
import Testing

@Remote private func count(to n: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for i in 0..<n { continuation.yield(i) }
    continuation.finish()
  }
}
@Remote private func failing(after n: Int) -> AsyncThrowingStream<Int, any Error> {
  AsyncThrowingStream { continuation in
    for i in 0..<n { continuation.yield(i) }
    continuation.finish(throwing: StreamFailure(count: n))
  }
}
@Remote private func blocks(_ n: Int) -> AsyncStream<[Double]> {
  AsyncStream { continuation in
    for i in 0..<n { continuation.yield([Double](repeating: Double(i), count: 50_000)) }
    continuation.finish()
  }
}
@Remote private func endless(_ gate: ActorHandle<Gate>) -> AsyncThrowingStream<Int, any Error> {
  AsyncThrowingStream { continuation in
    continuation.yield(1)
    // The gate opens when the stream is cancelled.
    continuation.onTermination = { _ in _ = try? gate.open.remote() }
  }
}
@Remote private func counted(_ counter: ActorHandle<AttemptCounter>) -> AsyncThrowingStream<Int, any Error> {
  AsyncThrowingStream { try await counter.next.remote().value }
}
struct StreamFailure: Error, Codable, Equatable { var count: Int }

extension RayConformance {
  @Suite(.ray()) struct Streams {
    @Test(arguments: [0, 1, 10, 1000]) func elementsArriveInOrder(_ n: Int) async throws {
      var values: [Int] = []
      for try await ref in try $count.remote(to: n) { values.append(try await ref.value) }
      #expect(values == Array(0..<n))
    }

    @Test(arguments: [1, 3, 100]) func aProducerIsNoFurtherAheadThanItsWindow(_ window: Int) async throws {
      let counter = try AttemptCounter.remote()
      var elements = try $counted.options(streamWindow: window).remote(counter).makeAsyncIterator()
      for expected in 1...20 {
        #expect(try await elements.next()?.value == expected)
        // One more than it may send is in the producer's hand.
        #expect(try await counter.total.remote().value <= expected + window + 1)
      }
    }

    @Test(arguments: [0, -1, Int.max]) func anImpossibleWindowIsRefused(_ window: Int) async throws {
      await expectRayError(.invalidArgument, "streamWindow must be 1 or more") {
        _ = try $count.options(streamWindow: window).remote(to: 1)
      }
    }

    @Test func valuesAreReadDirectly() async throws {
      var sum = 0
      for try await value in try $count.remote(to: 100).values { sum += value }
      #expect(sum == 4950)
    }

    @Test func largeElementsGoThroughTheStore() async throws {
      var sum = 0.0
      for try await block in try $blocks.remote(5).values { sum += block[49_999] }
      #expect(sum == 10)
    }

    @Test func elementsBeforeAFailureAreKept() async throws {
      var values: [Int] = []
      await #expect(throws: StreamFailure(count: 3)) {
        for try await ref in try $failing.remote(after: 3) { values.append(try await ref.value) }
      }
      #expect(values == [0, 1, 2])
    }

    @Test func anElementOutlivesItsStream() async throws {
      var kept: [ObjectRef<Int>] = []
      for try await ref in try $count.remote(to: 3) { kept.append(ref) }
      #expect(try await Ray.get(kept) == [0, 1, 2])
    }

    @Test func cancellingTheStreamEndsTheCallee() async throws {
      let gate = try Gate.remote()
      let stream = try $endless.remote(gate)
      var iterator = stream.makeAsyncIterator()
      #expect(try await iterator.next()?.value == 1)
      try await stream.cancel()
      try await gate.passed.remote().value
      await expectRayError(.taskCancelled) { _ = try await iterator.next() }
    }

    /// Often, for the cancellation may come while the callee's first part still runs.
    @Test func droppingTheStreamEndsTheCallee() async throws {
      func takeOne(_ gate: ActorHandle<Gate>) async throws -> Int? {
        var iterator = try $endless.remote(gate).makeAsyncIterator()
        return try await iterator.next()?.value
      }
      for _ in 0..<10 {
        let gate = try Gate.remote()
        #expect(try await takeOne(gate) == 1)
        try await gate.passed.remote().value
      }
    }
  }
}
