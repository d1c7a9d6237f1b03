import Ray

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Remote public func pair(_ number: Int) -> (Int, Int) { (number, -number) }

@Remote public func countdown(from number: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for each in stride(from: number, to: 0, by: -1) { continuation.yield(each) }
    continuation.finish()
  }
}

@Remote public func wrapped() throws -> [ObjectRef<Int>] { [try Ray.put(5)] }

@Remote public func unwrap(_ refs: [ObjectRef<Int>]) async throws -> Int { try await refs[0].value }

@Remote public func use(_ counter: ActorHandle<Counter>) async throws -> Int { try await counter.add.remote(0).value }

/// Calls of all kinds, again and again, which must leave nothing behind; see `soak.py`.
enum Soak {
  private static let marks = 20

  static func run(calls: Int) async throws {
    let references = try Python.function(
      source: """
        def references():
            from ray._private.worker import global_worker
            return len(global_worker.core_worker.get_all_reference_counts())
        """
    ).local()
    let counter = try Counter.remote(0)
    _ = try await counter.add.remote(0).value
    do {
      let held = try (0..<25).map { try Ray.put($0) }
      print("held", try references.call(returning: Int.self))
      withExtendedLifetime(held) {}
    }
    var (done, round) = (0, 0)
    for mark in 1...marks {
      while done < calls * mark / marks {
        done += try await plainCalls(counter)
        if round % 10 == 0 { done += try await otherCalls(counter) }
        round += 1
      }
      // What was dropped last is given back within a twentieth of a second.
      try await Task.sleep(for: .milliseconds(200))
      print("mark \(done) \(try references.call(returning: Int.self))")
      fflush(nil)
    }
  }

  /// What native workers do where there are some.
  private static func plainCalls(_ counter: ActorHandle<Counter>) async throws -> Int {
    let sums = try (0..<450).map { try counter.add.remote($0) }
    let squares = try (0..<450).map { try $square.remote($0) }
    let five = try Ray.put(5)
    let later = try (0..<50).map { try $add.remote(five, to: $0) }
    // Nobody waits for these.
    for number in 0..<50 { try $square.remote(number) }
    guard try await Ray.get(squares).last == 449 * 449, try await Ray.get(sums).count == 450, try await Ray.get(later)[1] == 6
    else { throw Refusal(reason: "wrong results") }
    return 1_000
  }

  /// What has an object or a process of its own behind it: failures, several results, streams, references and handles in values.
  private static func otherCalls(_ counter: ActorHandle<Counter>) async throws -> Int {
    for _ in 0..<5 {
      do { _ = try await $refuse.remote("no").value } catch is Refusal {}
      let (first, second) = try $pair.split(3)
      guard try await first.value == 3, try await second.value == -3 else { throw Refusal(reason: "wrong parts") }
      var sum = 0
      for try await number in try $countdown.remote(from: 10).values { sum += number }
      guard sum == 55 else { throw Refusal(reason: "wrong sum") }
      let refs = try await $wrapped.remote().value
      guard try await $unwrap.remote(refs).value == 5 else { throw Refusal(reason: "wrong value") }
      _ = try await $use.remote(counter).value
      let numbers = try Ray.put([Double](repeating: 1, count: 300_000))
      guard try await $sum.remote(numbers).value == 300_000 else { throw Refusal(reason: "wrong numbers") }
    }
    return 5 * 7
  }
}
