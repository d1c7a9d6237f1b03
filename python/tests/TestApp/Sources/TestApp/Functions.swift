import Ray

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public struct Refusal: Error, Codable, Equatable {
  public var reason: String
}

@Remote public func square(_ number: Int) -> Int { number * number }

@Remote public func add(_ a: Int, to b: Int) -> Int { a + b }

@Remote public func refuse(_ reason: String) throws -> Int { throw Refusal(reason: reason) }

/// What kind of process runs this: `python` when an interpreter is loaded there, else `native`.
@Remote public func lane() -> String { ProcessFacts.lane }

@Remote public func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

@Remote public func ends(_ bytes: [UInt8]) -> [Int] { [bytes.count, Int(bytes.first ?? 0), Int(bytes.last ?? 0)] }

@Remote public func same(_ bytes: [UInt8]) -> [UInt8] { bytes }

@Remote public func shout(_ number: Int) -> Int {
  print("from a worker: \(number)")
  return number + 1
}

@Remote public func process() -> Int { Int(getpid()) }

@Remote public func sleep(milliseconds: Int) async throws -> Int {
  try await Task.sleep(for: .milliseconds(milliseconds))
  return milliseconds
}

@Remote public func crash() -> Int { _exit(3) }

@Remote public func fibonacci(_ n: Int) async throws -> Int {
  if n < 2 { return n }
  let a = try $fibonacci.remote(n - 1)
  let b = try $fibonacci.remote(n - 2)
  return try await a.value + b.value
}

@Remote public func nestedRefusal() async throws -> String {
  do { return "got \(try await $refuse.remote("deep").value)" } catch let refusal as Refusal { return "caught \(refusal.reason)" }
}

@Remote public func nestedPut(_ count: Int) async throws -> Double {
  let numbers = try Ray.put([Double](repeating: 0.5, count: count))
  return try await $sum.remote(numbers).value
}

@Remote public func sum(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }

@Remote public func numbers(_ count: Int) -> [Double] { (0..<count).map(Double.init) }

@Remote public func nestedActor() async throws -> [Int] {
  let counter = try Counter.remote(10)
  return try await Ray.get([try counter.add.remote(1), try counter.add.remote(2)])
}

/// Two actors by their names: the program's, and one that is made here. What has no such name says so.
@Remote public func namedActors() async throws -> [String] {
  let till = try await Ray.actor(named: "till", as: Counter.self)
  var answers = ["\(try await till.add.remote(1).value)"]
  let mine = try Counter.options(name: "inner").remote(20)
  _ = try await mine.add.remote(1).value
  answers.append("\(try await Ray.actor(named: "inner", as: Counter.self).add.remote(1).value)")
  do { _ = try await Ray.actor(named: "nobody", as: Counter.self) } catch let error as RayError { answers.append("\(error.code)") }
  return answers
}

/// What a task learns of the cluster.
@Remote public func surroundings() async throws -> [String] {
  let (all, free, nodes) = (try await Ray.clusterResources(), try await Ray.availableResources(), try await Ray.nodes())
  let actors = try await Ray.namedActors()
  return [
    "\(all["CPU"] == 2)", "\(free["CPU", default: 0] <= 2)", "\(nodes.map { $0.isAlive && $0.resources["CPU"] == 2 })",
    "\(nodes.map(\.id) == [Ray.context.nodeID])", "\(actors.map(\.name).sorted())",
    "\(actors.first { $0.name == "mine" }?.className ?? "")",
  ]
}

@Remote public func detachedGet() async throws -> Int {
  let ref = try $square.remote(11)
  return try await Task.detached { try await ref.value }.value
}

@Remote public func impatient() async throws -> String {
  let ref = try $sleep.remote(milliseconds: 3000)
  do { return "\(try await Ray.get(ref, timeout: .milliseconds(100)))" } catch { return "\((error as? RayError)?.code ?? .internalError)" }
}

@Remote public func laneOfCaller() async throws -> (String, String) { (ProcessFacts.lane, try await $lane.remote().value) }

@Remote public func hiddenReference() throws -> Hidden { Hidden(ref: try Ray.put(5)) }

@RayCodable public struct Hidden: Sendable {
  public var ref: ObjectRef<Int>
  public init(ref: ObjectRef<Int>) { self.ref = ref }
}

/// Nothing but a value tells what is in here.
@Remote public func buriedReference() throws -> Buried { .deep(try Ray.put(5)) }

public enum Buried: Codable, Sendable {
  case deep(ObjectRef<Int>)
}

@Remote public func halves(_ count: Int) -> [Double] { [Double](repeating: 0.5, count: count) }

@RayCodable public struct Samples: Sendable {
  public var name: String
  public var values: [Double]
}

/// Takes values that are large, not there yet, or its own.
@RemoteActor public final class Scale {
  public init() {}
  public func lane() -> String { ProcessFacts.lane }
  public func weigh(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }
  public func weighNamed(_ samples: Samples) -> Double { samples.values.reduce(0, +) }
  public func double(_ numbers: [Double]) -> [Double] { numbers.map { $0 * 2 } }
}

/// Its calls are such as native workers cannot make.
@RemoteActor public final class Foreman {
  private var delegated = 0
  public init() {}
  public func lane() -> String { ProcessFacts.lane }
  public func delegate() async throws -> Int {
    delegated += 1
    let parts = try $pair.split(3)
    var sum = try await parts.0.value
    for try await number in try $countdown.remote(from: 4).values { sum += number }
    let slow = try $sleep.remote(milliseconds: 60_000)
    try await slow.cancel()
    return try await $unwrapHidden.remote(Hidden(ref: try Ray.put(sum))).value
  }
}

@Remote public func whereabouts() -> [String] {
  let context = Ray.context
  return ["\(context.nodeID)", "\(context.jobID)", context.taskName ?? "", context.namespace]
}

@RemoteActor public final class Counter {
  private var count: Int
  public init(_ start: Int) throws {
    guard start >= 0 else { throw Refusal(reason: "negative start") }
    count = start
  }
  public func add(_ number: Int) -> Int {
    count += number
    return count
  }
  public func lane() -> String { ProcessFacts.lane }
  public func refuse(_ reason: String) throws -> Int { throw Refusal(reason: reason) }
  public func process() -> Int { Int(getpid()) }
  public func die() -> Int { _exit(4) }
}

public enum ProcessFacts {
  public static var lane: String {
    guard let maps = fopen("/proc/self/maps", "r") else { return "unknown" }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, CInt(line.count), maps) != nil {
      if strstr(line, "libray_api.so") != nil { return "native" }
      if strstr(line, "_raylet.so") != nil { return "python" }
    }
    return "neither"
  }
}
