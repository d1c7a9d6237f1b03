internal import CAllocationCount
internal import Ray

@Remote
func add(_ a: Int, _ b: Int) -> Int { a + b }

@RemoteActor
final class Adder {
  private var sum = 0
  func add(_ a: Int) -> Int {
    sum += a
    return sum
  }
}

/// Counts the allocations of the submitting thread per remote call, after a warm-up. Ends with status 1 when a call costs more
/// than the one its reference needs.
///
/// Run with `swift run -c release --package-path Benchmarks Allocations`.
@main
struct Main: RayApp {
  static let batch = 1000
  static let rounds = 20
  /// One for the reference, and what growing buffers cost a batch now and then.
  static let limit = 1.05

  static func main(_ ray: RayContext) async throws {
    let three = try Ray.put(3)
    let adder = try Adder.remote()
    let results = [
      try await measure("task, two values") { try $add.remote(1, 2) },
      try await measure("actor call, one value") { try adder.add.remote(1) },
    ]
    // References among the arguments are kept in a list of their own; told, not judged.
    _ = try await measure("task, one value and one reference") { try $add.remote(1, three) }
    guard results.allSatisfy({ $0 <= limit }) else { throw TooMany() }
  }

  private static func measure(_ name: String, _ call: () throws -> ObjectRef<Int>) async throws -> Double {
    var refs: [ObjectRef<Int>] = []
    refs.reserveCapacity(batch)
    var counts: [Double] = []
    for _ in 0..<rounds {
      let before = allocation_count()
      for _ in 0..<batch { refs.append(try call()) }
      counts.append(Double(allocation_count() - before) / Double(batch))
      _ = try await Ray.get(refs)
      refs.removeAll(keepingCapacity: true)
    }
    // The first rounds connect workers and make slabs.
    let steady = counts.suffix(rounds / 2).max() ?? .infinity
    print("\(name): \(steady) allocations per call")
    return steady
  }

  struct TooMany: Error, CustomStringConvertible {
    var description: String { "a remote call allocates more than once" }
  }
}
