import Ray

// A remote task is a function like any other. `@Remote` adds `$theAnswerOfWorld` beside it.
@Remote
func theAnswerOfWorld() async throws -> Int {
  try await Task.sleep(for: .seconds(1))
  return 42
}

// Labels, results and errors stay what they are.
@Remote
func divide(_ a: Int, by b: Int) throws -> (quotient: Int, remainder: Int) {
  guard b != 0 else { throw DivisionByZero(dividend: a) }
  return a.quotientAndRemainder(dividingBy: b)
}

/// A `Codable` error reaches the caller as itself.
struct DivisionByZero: Error, Codable {
  var dividend: Int
}

// A remote actor keeps its state in a process of its own, for as long as somebody holds its handle.
@RemoteActor
final class Counter {
  private var count: Int

  init(startingAt count: Int) { self.count = count }

  func increment(by step: Int) -> Int {
    count += step
    return count
  }

  func decrement(by step: Int) -> Int {
    count -= step
    return count
  }
}

@main
struct Hello: RayApp {
  static func main(_ ray: RayContext) async throws {
    // A call returns at once, with a reference to a value that does not exist yet.
    let answer = try $theAnswerOfWorld.remote()

    // A reference is welcome where a value is: `divide` starts when the answer is there.
    let division = try $divide.options(numCPUs: 2, memory: 100 << 20).remote(answer, by: 5)
    let (quotient, remainder) = try await division.value
    print("42 / 5 = \(quotient), remainder \(remainder)")

    // Errors come back where the value is asked for.
    do {
      _ = try await $divide.remote(answer, by: 0).value
    } catch let error as DivisionByZero {
      print("\(error.dividend) / 0 is refused")
    }

    // Calls to an actor run one after the other, in the order they were made.
    let counter = try Counter.remote(startingAt: 1)
    let two = try counter.increment.remote(by: 1)
    let four = try counter.increment.remote(by: two)
    let three = try counter.decrement.remote(by: 1)
    print("counter:", try await Ray.get([two, four, three]))
  }
}
