public import Ray

// What the tests call: every shape of declaration that the macros support.

@Remote
func square(_ x: Int) -> Int { x * x }

@Remote(numCPUs: 2, memory: 1 << 20, maxRetries: 5, retryOn: [DivisionByZero.self])
public func divide(_ a: Int, by b: Int = 2) throws -> (quotient: Int, remainder: Int) {
  guard b != 0 else { throw DivisionByZero(dividend: a) }
  return a.quotientAndRemainder(dividingBy: b)
}

public struct DivisionByZero: Error, Codable, Hashable {
  public var dividend: Int
}

@Remote
private func hidden(_ text: String, repeated times: Int = 3) -> String { String(repeating: text, count: times) }

func callHidden(_ text: String) throws -> ObjectRef<String> { try $hidden.remote(text) }

@Remote
private func typed(_ x: Int) throws(DivisionByZero) -> Int {
  if x == 0 { throw DivisionByZero(dividend: x) }
  return x
}

func callTyped(_ x: Int) throws -> ObjectRef<Int> { try $typed.remote(x) }

@Remote
func half(_ x: Double) -> Double { x / 2 }

@Remote
func nothing() {}

@Remote
func noted(_ x: inout_) async throws { if x.value < 0 { throw DivisionByZero(dividend: x.value) } }

struct inout_: Codable {
  var value: Int
}

@Remote
func four(_ a: Int64, _ b: Double, c: Int, in d: Float) -> Double { Double(a) + b + Double(c) + Double(d) }

@Remote
func five(_ a: Int, _ b: Int, _ c: Int32, _ d: String, _ e: [Double], f: Bool = true) -> String {
  "\(a) \(b) \(c) \(d) \(e) \(f)"
}

@Remote
func swap(_ pair: (Int, String)) -> (String, Int) { (pair.1, pair.0) }

@Remote
func nested(_ x: Int) -> (Int, (a: String, b: [Int])) { (x, (a: "\(x)", b: [x, x])) }

@Remote
func borrowing(_ text: borrowing String, _ other: consuming [Int]) -> Int { text.utf8.count + other.count }

@Remote
func maybe(_ x: Int?) -> Int? { x.map { $0 + 1 } }

@Remote
func count(to n: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for i in 0..<n { continuation.yield(i) }
    continuation.finish()
  }
}

@Remote
func countAndFail(to n: Int) async throws -> AsyncThrowingStream<String, any Error> {
  AsyncThrowingStream { continuation in
    for i in 0..<n { continuation.yield("\(i)") }
    continuation.finish(throwing: DivisionByZero(dividend: n))
  }
}

@Remote
func opaque(_ n: Int) -> some AsyncSequence<(Int, Int), Never> { count(to: n).map { ($0, $0 * $0) } }

@Remote
func total(_ refs: [ObjectRef<Int>]) async throws -> Int {
  var sum = 0
  for ref in refs { sum += try await ref.value }
  return sum
}

@Remote
func ask(_ counter: ActorHandle<Counter>, by step: Int) async throws -> Int { try await counter.increment.remote(by: step).value }

// Names that the generated type uses itself.
@Remote func split(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
@Remote func remote(_ x: Int) -> Int { x }
@Remote func options() -> Int { 7 }
@Remote func `repeat`(_ `in`: Int, for: Int) -> Int { `in` * `for` }

@Remote(name: "chosen.name")
func named() -> String { "named" }

enum Tools {
  static let step = 10
  @Remote static func bump(_ x: Int, by step: Int = step) -> Int { x + step }
  @Remote private static func secret(_ x: Int) -> Int { -x }
  static func callSecret(_ x: Int) throws -> ObjectRef<Int> { try $secret.remote(x) }

  struct Inner: Codable, Equatable {
    var x: Int
    @Remote static func make(_ x: Int = Self.start) -> Self { Self(x: x) }
    static let start = 4
  }
}

extension Tools.Inner {
  @Remote static func twice(_ inner: Self) async -> Tools.Inner { Tools.Inner(x: inner.x * 2) }
}

@available(macOS 15, *)
@Remote func guarded() -> Int { 1 }

@RemoteActor
final class Counter {
  private var count: Int

  init(startingAt count: Int = 0) { self.count = count }

  func increment(by step: Int) -> Int {
    count += step
    return count
  }
  func increment(twice step: Int) -> Int { increment(by: step) + increment(by: step) - count + count }
  func reset() { count = 0 }
  func fail() throws { throw DivisionByZero(dividend: count) }
  func parts() -> (Int, text: String) { (count, "\(count)") }
  func slow() async throws -> Int {
    await Task.yield()
    return count
  }
  func numbers(_ n: Int) -> AsyncStream<Int> { Ray_count(n) }
  func `default`(_ x: Int) -> Int { x }
  @LocalOnly func local(_ body: () -> Void) { body() }
  private func hidden() {}
  static func helper() -> Int { 1 }
}

private func Ray_count(_ n: Int) -> AsyncStream<Int> { count(to: n) }

@RemoteActor(numCPUs: 0, maxRestarts: 2, maxConcurrency: 10)
public actor Ledger {
  private var entries: [String: Double]
  public init(_ entries: [String: Double], closed: Bool) async throws {
    if closed { throw DivisionByZero(dividend: 0) }
    self.entries = entries
  }
  @LocalOnly init() { entries = [:] }
  public func add(_ amount: Double, to name: String) throws -> Double {
    entries[name, default: 0] += amount
    return entries[name]!
  }
  public nonisolated func version() -> Int { 3 }
  func all() async -> [String: Double] { entries }
  func names() -> AsyncStream<String> {
    let names = entries.keys.sorted()
    return AsyncStream { continuation in
      for name in names { continuation.yield(name) }
      continuation.finish()
    }
  }
}

@RemoteActor
private final class Picky {
  init?(_ ok: Bool) { if !ok { return nil } }
  func ping() -> Bool { true }
}

func callPicky(_ ok: Bool) throws -> ObjectRef<Bool> { try Picky.remote(ok).ping.remote() }

enum Space {
  @RemoteActor final class Implicit {
    var x = 5
    func get() -> Int { x }
  }
}

@Remote(name: "RayMacrosTests.twice()") func firstOfTwo() {}
@Remote(name: "RayMacrosTests.twice()") func secondOfTwo() {}
