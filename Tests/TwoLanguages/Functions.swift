// What Python's tests call.
internal import Ray

@Remote func add(_ a: Int, _ b: Int) -> Int { a + b }

@Remote func describe(_ name: String, count: Int) -> String { "\(count) x \(name)" }

@Remote func echo(_ value: MessagePackValue) -> MessagePackValue { value }

/// Labels that Python's own functions have, too.
@Remote func labelled(name: String, arguments other: String) -> String { "\(name) \(other)" }

@Remote func nothing() {}

/// Makes a call of its own.
@Remote func delegated(_ number: Int) async throws -> Int { try await $add.remote(number, 1).value }

@Remote func process() -> Int { Int(processIdentifier()) }

@Remote func total(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }

@Remote func ramp(_ count: Int) -> [Double] { (0..<count).map(Double.init) }

@Remote func checksum(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF } }

@Remote func pair(_ number: Int) -> (Int, String) { (number, "number \(number)") }

@Remote func countdown(from start: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for number in stride(from: start, to: 0, by: -1) { continuation.yield(number) }
    continuation.finish()
  }
}

@Remote func sleepy(milliseconds: Int) async throws -> Int {
  try await Task.sleep(for: .milliseconds(milliseconds))
  return milliseconds
}

@Remote func factorial(_ number: Int) async throws -> Int {
  number < 2 ? 1 : number * (try await $factorial.remote(number - 1).value)
}

/// Waits for references that came inside a value.
@Remote func sum(of references: [ObjectRef<Int>]) async throws -> Int { try await Ray.get(references).reduce(0, +) }

/// Returns references inside a value.
@Remote func scatter(_ numbers: [Int]) throws -> [ObjectRef<Int>] { try numbers.map { try Ray.put($0) } }

// MARK: Errors

struct OutOfStock: Error, Codable, CustomStringConvertible {
  var item: String
  var description: String { "out of stock: \(item)" }
}

struct Unlucky: Error, CustomStringConvertible { var description: String { "unlucky" } }

@Remote func buy(_ item: String) throws -> String { throw OutOfStock(item: item) }

@Remote func unlucky() throws { throw Unlucky() }

// MARK: Options

@Remote(numCPUs: 0.25, resources: ["shelf": 0.5]) func granted() -> [String: Double] { Ray.context.assignedResources }

/// Luck comes with the third attempt.
@Remote(maxRetries: 2, retryOn: [OutOfStock.self]) func restock(_ item: String) throws -> Int {
  guard Ray.context.attempt > 2 else { throw OutOfStock(item: item) }
  return Ray.context.attempt
}

// MARK: Types

@RayCodable struct Address: Equatable {
  var street: String
  var number: Int?
}

@RayCodable struct Person: Equatable {
  var name: String
  var address: Address
  var tags: [String: Double]
}

@Remote func moved(_ person: Person, to street: String) -> Person {
  var person = person
  person.address = Address(street: street, number: nil)
  return person
}

@Remote func double(_ number: UInt8) -> UInt8 { number &* 2 }

// Two functions of one name.

enum Plain {
  @Remote static func sign(_ number: Int) -> String { number < 0 ? "negative" : number > 0 ? "positive" : "zero" }
}

enum Named {
  @Remote static func sign(_ number: Double, of name: String) -> String {
    "\(name) is \(number < 0 ? "negative" : "not negative")"
  }
}
