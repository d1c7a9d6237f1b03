import Ray

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Remote func square(_ number: Int) -> Int { number * number }

@RemoteActor final class Counter {
  private var count = 0
  init() {}
  func add(_ number: Int) -> Int {
    count += number
    return count
  }
}

/// The cases of `run.py`, on whatever lane the environment chooses. Says `begin <case>` and `end <case> <operations> <seconds>`.
public struct App: RayApp {
  public static var configuration: RayConfiguration { .init(numCPUs: 2) }

  public static func main(_ ray: RayContext) async throws {
    let scale = Double(ray.arguments.first ?? "1") ?? 1
    func count(_ base: Int) -> Int { max(Int(Double(base) * scale), 10) }
    try await warmUp()
    try await measure("task_sync", count(1000)) { number in
      for index in 0..<number {
        let result = try await $square.remote(index).value
        precondition(result == index * index)
      }
    }
    try await measure("task_async", count(4000)) { number in
      let squares = try await Ray.get((0..<number).map { try $square.remote($0) })
      precondition(squares.last == (number - 1) * (number - 1))
    }
    let counter = try Counter.remote()
    _ = try await counter.add.remote(0).value
    try await measure("actor_sync", count(2000)) { number in
      for _ in 0..<number { _ = try await counter.add.remote(1).value }
    }
    try await measure("actor_async", count(8000)) { number in
      _ = try await Ray.get((0..<number).map { _ in try counter.add.remote(1) })
    }
    try await buffers()
  }

  /// A node starts more workers than it needs during its first calls.
  private static func warmUp() async throws {
    let end = ContinuousClock.now + .seconds(3)
    while .now < end { _ = try await Ray.get((0..<100).map { try $square.remote($0) }) }
  }

  private static func buffers() async throws {
    let numbers = [Double](repeating: 1, count: 100 << 17)
    for _ in 0..<2 { _ = try await Ray.put(numbers).value.count }
    try await measureBest("put_100MiB", 40) { _ = try Ray.put(numbers) }
    let ref = try Ray.put(numbers)
    try await measureBest("get_100MiB", 40) {
      let sum = try await ref.withBytes { $0.byteCount }
      precondition(sum > 100 << 20)
    }
  }

  /// The fastest counts: the store's memory is touched for the first time now and then, which takes up to twenty times as long.
  private static func measureBest(_ name: String, _ number: Int, _ body: () async throws -> Void) async throws {
    say("begin \(name)")
    var best = Duration.seconds(3600)
    for _ in 0..<number {
      let start = ContinuousClock.now
      try await body()
      best = min(best, ContinuousClock.now - start)
    }
    let (seconds, attoseconds) = (best * number).components
    say("end \(name) \(number) \(Double(seconds) + Double(attoseconds) / 1e18)")
  }

  private static func measure(_ name: String, _ number: Int, _ body: (Int) async throws -> Void) async throws {
    say("begin \(name)")
    let start = ContinuousClock.now
    try await body(number)
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    say("end \(name) \(number) \(Double(seconds) + Double(attoseconds) / 1e18)")
  }

  private static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
