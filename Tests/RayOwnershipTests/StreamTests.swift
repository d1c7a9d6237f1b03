internal import RayOwnership
internal import RayProtocol
internal import Testing

@Suite struct StreamTests {
  private func stream(_ bench: Bench, _ queue: TaskQueue, retries: Int32 = 0) -> ObjectID {
    let arguments = RandomProgram.Arguments(number: 0)
    return arguments.bytes.withUnsafeBytes {
      bench[0].submitStream(TaskSubmission(queue: queue, function: queue.function, arguments: $0, retries: retries))
    }
  }

  private func yield(_ bench: Bench, _ worker: Int, _ call: ExecutionCall, upTo count: Int) -> Int {
    var produced = 0
    while produced < count, bench[worker].mayYield(call) {
      Array("element".utf8).withUnsafeBytes { bench[worker].yield(ResultPart(place: .inline, bytes: $0), of: call) }
      produced += 1
    }
    return produced
  }

  private func take(_ bench: Bench, _ stream: ObjectID) -> Int {
    var taken = 0
    while case .element(let id) = bench[0].nextElement(of: stream) {
      bench[0].release(id)
      taken += 1
    }
    return taken
  }

  @Test func aProducerIsAtMostAWindowAhead() throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let stream = stream(bench, queue)
    bench.settle()
    let call = try #require(bench.start(1))
    let window = Int(CoreMachine.streamWindow)
    #expect(yield(bench, 1, call, upTo: window * 2) == window)
    bench.settle()
    #expect(take(bench, stream) == window)
    bench.settle()
    #expect(yield(bench, 1, call, upTo: window * 2) >= window * 3 / 4)
  }

  /// The new attempt begins at the first element; its consumer is far ahead and never said so again.
  @Test func aRepeatedAttemptCatchesUpWithItsConsumer() throws {
    let bench = Bench(3)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let stream = stream(bench, queue, retries: 1)
    bench.settle()
    let window = Int(CoreMachine.streamWindow)
    let first = try #require(bench.start(1))
    for _ in 0..<3 {
      _ = yield(bench, 1, first, upTo: window)
      bench.settle()
      _ = take(bench, stream)
      bench.settle()
    }
    bench.kill(1)
    bench[0].workerDied(Bench.id(1), cause: RayError(.workerCrashed, "killed"))
    bench.grant(2, to: 0, on: 2)
    bench.settle()
    let second = try #require(bench.start(2))
    #expect(yield(bench, 2, second, upTo: window * 3 + 10) == window * 3 + 10)
    bench.settle()
    #expect(take(bench, stream) > 0)
  }

  @Test(arguments: [false, true]) func unreadElementsGoWithTheLastHandle(hasEnded: Bool) throws {
    let bench = Bench(2)
    let queue = bench.queue(0)
    bench.grant(1, to: 0, on: 1)
    let stream = stream(bench, queue)
    bench.settle()
    let call = try #require(bench.start(1))
    _ = yield(bench, 1, call, upTo: 5)
    if hasEnded { bench.finish(1, call, "end") }
    bench.settle()
    bench[0].release(stream)
    bench.settle()
    if !hasEnded {
      #expect(call.isCancelled)
      bench.finish(1, call, "end")
      bench.settle()
    }
    #expect(bench.isEmpty)
  }
}
