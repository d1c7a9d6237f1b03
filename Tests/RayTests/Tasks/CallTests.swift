import Ray
import RayTesting
import Testing

@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Remote private func greet(_ name: String = "world", with word: String = "hello", loudly: Bool = false) -> String {
  "\(word), \(name)" + (loudly ? "!" : "")
}
@Remote private func nothing() {}
@Remote private func noArguments() -> String { "done" }
@Remote private func later(_ x: Int) async throws -> Int {
  await Task.yield()
  return x * 2
}
@Remote private func minMax(_ values: [Int]) -> (least: Int, greatest: Int) { (values.min() ?? 0, values.max() ?? 0) }
@Remote private func many(
  _ a: Int, _ b: Double, _ c: String, _ d: Bool, _ e: [Int], _ f: Int?, _ g: UInt8, h: Float, i: [String: Int], _ j: Int,
  _ k: Int, l: String
) -> String { "\(a) \(b) \(c) \(d) \(e) \(f.map(String.init) ?? "nil") \(g) \(h) \(i["x"] ?? 0) \(j) \(k) \(l)" }
@Remote private func factorial(_ n: Int) async throws -> Int { n < 2 ? 1 : n * (try await $factorial.remote(n - 1).value) }
@Remote private func isEven(_ n: Int) async throws -> Bool { n == 0 ? true : try await $isOdd.remote(n - 1).value }
@Remote private func isOdd(_ n: Int) async throws -> Bool { n == 0 ? false : try await $isEven.remote(n - 1).value }
@Remote private func returnsOptional(_ x: Int) -> Int? { x < 0 ? nil : x }
@Remote private func printing(_ text: String) -> Int {
  print(text)
  return text.utf8.count
}

struct Geometry {
  @Remote static func area(width: Double, height: Double) -> Double { width * height }
  enum Inner { @Remote static func deep(_ x: Int) -> Int { x + 1 } }
}

extension Geometry { @Remote static func perimeter(width: Double, height: Double) -> Double { 2 * (width + height) } }

extension RayConformance {
  @Suite(.ray()) struct Calls {
    @Test func aFunctionRunsInAnotherProcess() async throws {
      #expect(try await $add.remote(20, 22).value == 42)
      #expect(try await WorkerProcess.$identifier.remote().value != ownProcessIdentifier)
    }

    @Test func anAsyncFunctionIsAwaited() async throws { #expect(try await $later.remote(21).value == 42) }

    @Test func aFunctionWithoutArgumentsOrResultCompletes() async throws {
      try await $nothing.remote().value
      #expect(try await $noArguments.remote().value == "done")
    }

    @Test func defaultsAndLabelsAreTheFunctionsOwn() async throws {
      #expect(try await $greet.remote().value == "hello, world")
      #expect(try await $greet.remote("Ada").value == "hello, Ada")
      #expect(try await $greet.remote(with: "bye").value == "bye, world")
      #expect(try await $greet.remote("Bob", with: "hi", loudly: true).value == "hi, Bob!")
    }

    @Test func aTupleComesBackWithItsLabels() async throws {
      let result = try await $minMax.remote([3, 1, 2]).value
      #expect(result.least == 1 && result.greatest == 3)
    }

    @Test func twelveParametersOfMixedTypesArriveInOrder() async throws {
      let eleventh = try $add.remote(5, 6)
      let text = try await $many.remote(
        1, 2.5, "three", true, .value([5]), .value(nil), 7, h: 8.5, i: .value(["x": 9]), 10, .ref(eleventh), l: "twelve"
      ).value
      #expect(text == "1 2.5 three true [5] nil 7 8.5 9 10 11 twelve")
    }

    @Test func staticFunctionsOfTypesAndExtensionsAreRemote() async throws {
      #expect(try await Geometry.$area.remote(width: 3, height: 4).value == 12)
      #expect(try await Geometry.$perimeter.remote(width: 3, height: 4).value == 14)
      #expect(try await Geometry.Inner.$deep.remote(1).value == 2)
    }

    @Test func aFunctionOfAnotherModuleIsFound() async throws {
      #expect(try await WorkerProcess.$identifier.remote().value > 0)
    }

    @Test func recursionAndMutualRecursionWork() async throws {
      #expect(try await $factorial.remote(10).value == 3_628_800)
      #expect(try await $isEven.remote(9).value == false)
    }

    @Test(arguments: [-1, 0, 7]) func anOptionalResultKeepsNil(_ x: Int) async throws {
      #expect(try await $returnsOptional.remote(x).value == (x < 0 ? nil : x))
    }

    @Test func aThousandCallsAtOnceAllAnswer() async throws {
      let refs = try (0..<1000).map { try $add.remote($0, 1) }
      #expect(try await Ray.get(refs) == Array(1...1000))
    }

    @Test func printingDoesNotDisturbTheCall() async throws {
      #expect(try await $printing.remote("a line from a worker").value == 20)
    }

    @Test func callsMayBeMadeFromManyTasksAtOnce() async throws {
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for i in 0..<50 { group.addTask { try await $add.remote(i, i).value } }
        return try await group.reduce(0, +)
      }
      #expect(total == 2450)
    }
  }
}
