import Ray
import RayTesting
import Testing

@RemoteActor final class Counter {
  private var value: Int
  private var history: [Int] = []

  init(from start: Int = 0) throws {
    if start < 0 { throw CounterError.negative(start) }
    value = start
  }

  func add(_ x: Int) -> Int {
    value += x
    history.append(value)
    return value
  }
  func add(_ x: Int, times n: Int) -> Int {
    for _ in 0..<n { _ = add(x) }
    return value
  }
  func record() -> [Int] { history }
  func get() -> Int { value }
  func fail() throws { throw CounterError.failed(value) }
  func both() -> (value: Int, count: Int) { (value, history.count) }
  func reset() { value = 0 }
  func process() -> Int32 { ownProcessIdentifier }
  func upTo(_ n: Int) -> AsyncStream<Int> {
    AsyncStream { continuation in
      for i in 0..<n { continuation.yield(i) }
      continuation.finish()
    }
  }
  func isReconstructed() -> Bool { Ray.context.wasCurrentActorReconstructed }
  func crash() { WorkerProcess.crash() }
  @LocalOnly func hidden() {}
}

enum CounterError: Error, Codable, Equatable {
  case negative(Int)
  case failed(Int)
}

@RemoteActor final class Keeper {
  private let numbers: [Double]
  private let ref: ObjectRef<Int>?
  private let counter: ActorHandle<Counter>?

  init(_ numbers: [Double], ref: ObjectRef<Int>?, counter: ActorHandle<Counter>?) {
    self.numbers = numbers
    self.ref = ref
    self.counter = counter
  }
  func sum() -> Double { numbers.reduce(0, +) }
  func inner() async throws -> Int { try await ref?.value ?? -1 }
  func increment() async throws -> Int { try await counter?.add.remote(1).value ?? -1 }
}

@Remote private func one() -> Int { 1 }
@Remote private func addThrough(_ counter: ActorHandle<Counter>, _ x: Int) async throws -> Int {
  try await counter.add.remote(x).value
}
@Remote private func addToAll(_ counters: [String: ActorHandle<Counter>]) async throws -> [String: Int] {
  var result: [String: Int] = [:]
  for (name, counter) in counters { result[name] = try await counter.add.remote(1).value }
  return result
}
@Remote private func makeCounter(from start: Int) throws -> ActorHandle<Counter> { try Counter.remote(from: start) }

extension RayConformance {
  @Suite(.ray(cpus: 4)) struct Actors {
    @Test func stateLivesBetweenCalls() async throws {
      let counter = try Counter.remote(from: 10)
      #expect(try await counter.add.remote(5).value == 15)
      #expect(try await counter.add.remote(1).value == 16)
      #expect(try await counter.record.remote().value == [15, 16])
    }

    @Test func defaultsOfTheInitializerApply() async throws {
      #expect(try await Counter.remote().get.remote().value == 0)
    }

    @Test func callsOfOneCallerRunInTheirOrder() async throws {
      let counter = try Counter.remote()
      let refs = try (1...500).map { try counter.add.remote($0) }
      var expected = 0
      for (index, value) in try await Ray.get(refs).enumerated() {
        expected += index + 1
        #expect(value == expected)
      }
    }

    @Test func overloadsAreTold() async throws {
      let counter = try Counter.remote()
      #expect(try await counter.add.remote(2, times: 3).value == 6)
      #expect(try await counter.add.remote(2).value == 8)
    }

    @Test func instancesAreIndependent() async throws {
      let counters = try (0..<3).map { try Counter.remote(from: $0 * 100) }
      for counter in counters { _ = try counter.add.remote(1) }
      #expect(try await Ray.get(try counters.map { try $0.get.remote() }) == [1, 101, 201])
      #expect(Set(try await Ray.get(try counters.map { try $0.process.remote() })).count == 3)
    }

    @Test func referencesAreWelcomeAsArgumentsInOrder() async throws {
      let counter = try Counter.remote()
      let first = try counter.add.remote(10)
      let second = try counter.add.remote(first)
      #expect(try await counter.add.remote(second).value == 40)
    }

    @Test func anErrorLeavesTheActorUsable() async throws {
      let counter = try Counter.remote(from: 3)
      await #expect(throws: CounterError.failed(3)) { try await counter.fail.remote().value }
      #expect(try await counter.add.remote(1).value == 4)
    }

    @Test func methodsReturnTuplesVoidAndStreams() async throws {
      let counter = try Counter.remote(from: 3)
      let pair = try await counter.both.remote().value
      #expect(pair.value == 3 && pair.count == 0)
      let (value, count) = try counter.both.split()
      #expect(try await value.value == 3)
      #expect(try await count.value == 0)
      try await counter.reset.remote().value
      var items: [Int] = []
      for try await ref in try counter.upTo.remote(5) { items.append(try await ref.value) }
      #expect(items == [0, 1, 2, 3, 4])
      #expect(try await counter.get.remote().value == 0)
    }

    @Test func handlesTravelAsArgumentsAndInsideValues() async throws {
      let (a, b) = (try Counter.remote(), try Counter.remote(from: 10))
      #expect(try await $addThrough.remote(a, 5).value == 5)
      #expect(try await $addToAll.remote(["a": a, "b": b]).value == ["a": 6, "b": 11])
      #expect(try await a.get.remote().value == 6)
    }

    @Test func anActorKeepsReferencesAndHandlesItGot() async throws {
      func make() throws -> ActorHandle<Keeper> {
        try Keeper.remote(
          [Double](repeating: 0.5, count: 50_000), ref: try $one.remote(), counter: try Counter.remote(from: 41))
      }
      let keeper = try make()
      #expect(try await keeper.sum.remote().value == 25_000)
      #expect(try await keeper.inner.remote().value == 1)
      #expect(try await keeper.increment.remote().value == 42)
    }

    @Test func aLargeReferenceInitialisesAnActor() async throws {
      let numbers = try Ray.put([Double](repeating: 2, count: 100_000))
      let keeper = try Keeper.remote(numbers, ref: nil, counter: nil)
      #expect(try await keeper.sum.remote().value == 200_000)
    }

    @Test func anActorMadeByACallServesItsReceiver() async throws {
      let counter = try await $makeCounter.remote(from: 7).value
      #expect(try await counter.add.remote(1).value == 8)
    }

    @Test func equalHandlesAreEqual() async throws {
      let counter = try Counter.remote()
      let copy = counter
      #expect(counter == copy && Set([counter, copy]).count == 1 && counter.id == copy.id)
      #expect(counter != (try Counter.remote()))
      try await Ray.get([try counter.reset.remote()])[0]
    }

    @Test func manyCallersEachSeeTheirOwnOrder() async throws {
      let counter = try Counter.remote()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            var last = 0
            for _ in 0..<50 {
              let value = try await counter.add.remote(1).value
              #expect(value > last)
              last = value
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await counter.get.remote().value == 400)
    }
  }
}
