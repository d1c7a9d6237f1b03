import Ray
import RayTesting
import Testing

@Remote private func echoInts(_ a: [Int], _ b: [Int8], _ c: [Int16], _ d: [Int32]) -> ([Int], [Int8], [Int16], [Int32]) {
  (a, b, c, d)
}
@Remote private func echoUInts(_ a: [UInt], _ b: [UInt8], _ c: [UInt16], _ d: [UInt32]) -> ([UInt], [UInt8], [UInt16], [UInt32]) {
  (a, b, c, d)
}
@Remote private func echoInt64s(_ a: [Int64], _ b: [UInt64]) -> ([Int64], [UInt64]) { (a, b) }
@Remote private func echoInt(_ x: Int) -> Int { x }
@Remote private func echoUInt64(_ x: UInt64) -> UInt64 { x }
@Remote private func echoDouble(_ x: Double) -> Double { x }
@Remote private func echoFloat(_ x: Float) -> Float { x }
@Remote private func echoString(_ x: String) -> String { x }
@Remote private func echoBool(_ x: Bool) -> Bool { x }
@Remote private func echoNested(_ x: [String: [[Int?]]]) -> [String: [[Int?]]] { x }
@Remote private func echoKeys(_ a: [Int: String], _ b: [Bool: Int], _ c: Set<String>) -> ([Int: String], [Bool: Int], Set<String>)
{
  (a, b, c)
}
@Remote private func echoOptionals(_ a: [Int]?, _ b: Int?, _ c: String?) -> ([Int]?, Int?, String?) { (a, b, c) }
@Remote private func echoDuration(_ x: Duration) -> Duration { x }
@Remote private func echoMixture(_ x: Mixture) -> Mixture { x }
@Remote private func echoTree(_ x: Tree) -> Tree { x }
@Remote private func echoShape(_ x: Shape) -> Shape { x }
@Remote private func echoColour(_ x: Colour) -> Colour { x }
@Remote private func echoRaw(_ x: RawArray<Float>) -> RawArray<Float> { x }
@Remote private func echoDynamic(_ x: MessagePackValue) -> MessagePackValue { x }

enum Colour: String, Codable, CaseIterable { case red, green, blue }

@RayCodable enum Shape: Equatable {
  case dot
  case circle(radius: Double)
  case polygon([Double], name: String?)
}

@RayCodable struct Mixture: Equatable {
  var int: Int
  var double: Double
  var text: String
  var list: [Int32]
  var map: [String: Double]
  var set: Set<Int>
  var optional: String?
  var bytes: [UInt8]
  var shape: Shape
}

struct Tree: Codable, Equatable, Sendable {
  var value: Int
  var children: [Tree]
}

extension RayConformance {
  @Suite(.ray()) struct Types {
    @Test func integersOfEveryWidthReachTheirLimits() async throws {
      func limits<T: FixedWidthInteger>(_: T.Type) -> [T] {
        [
          T.min, T.max, 0, 1, T.max / 2, T(truncatingIfNeeded: -1), T.min &+ 1, T(truncatingIfNeeded: 127),
          T(truncatingIfNeeded: 128),
        ]
      }
      let signed = try await $echoInts.remote(limits(Int.self), limits(Int8.self), limits(Int16.self), limits(Int32.self)).value
      #expect(signed.0 == limits(Int.self) && signed.1 == limits(Int8.self))
      #expect(signed.2 == limits(Int16.self) && signed.3 == limits(Int32.self))
      let unsigned = try await $echoUInts.remote(
        limits(UInt.self), limits(UInt8.self), limits(UInt16.self), limits(UInt32.self)
      ).value
      #expect(unsigned.0 == limits(UInt.self) && unsigned.1 == limits(UInt8.self))
      #expect(unsigned.2 == limits(UInt16.self) && unsigned.3 == limits(UInt32.self))
      let wide = try await $echoInt64s.remote(limits(Int64.self), limits(UInt64.self)).value
      #expect(wide.0 == limits(Int64.self) && wide.1 == limits(UInt64.self))
    }

    /// Every power of two and its neighbours: each length of the encoding and each border between them.
    @Test func integersAroundEveryPowerOfTwo() async throws {
      for shift in 0..<64 {
        for offset in -1...1 as ClosedRange<Int> {
          let x = UInt64(1) << UInt64(shift) &+ UInt64(truncatingIfNeeded: offset)
          #expect(try await $echoUInt64.remote(x).value == x)
          let y = Int(truncatingIfNeeded: x)
          #expect(try await $echoInt.remote(y).value == y)
        }
      }
    }

    @Test(
      arguments: [
        0, -0.0, 1, -1, .pi, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .ulpOfOne,
      ] as [Double])
    func floatingPointKeepsEveryBit(_ x: Double) async throws {
      #expect(try await $echoDouble.remote(x).value.bitPattern == x.bitPattern)
      let float = Float(x)
      #expect(try await $echoFloat.remote(float).value.bitPattern == float.bitPattern)
    }

    @Test(arguments: [
      "", "a", "ascii", "\0", "a\0b", "\u{1}\u{7F}\n\t\"\\", "äöüß", "日本語", "👩‍👩‍👧‍👦🏳️‍🌈", "e\u{301}", "\u{FEFF}bom", "\u{10FFFF}",
      String(repeating: "x", count: 31), String(repeating: "x", count: 32), String(repeating: "é", count: 128),
      String(repeating: "long ", count: 40_000),
    ])
    func textKeepsEveryByte(_ text: String) async throws {
      let result = try await $echoString.remote(text).value
      #expect(Array(result.utf8) == Array(text.utf8))
    }

    @Test(arguments: [true, false]) func truthStays(_ x: Bool) async throws { #expect(try await $echoBool.remote(x).value == x) }

    @Test func nilIsNotEmpty() async throws {
      let nothing = try await $echoOptionals.remote(nil as [Int]?, nil as Int?, nil as String?).value
      #expect(nothing.0 == nil && nothing.1 == nil && nothing.2 == nil)
      let empty = try await $echoOptionals.remote([] as [Int]?, 0 as Int?, "" as String?).value
      #expect(empty.0 == [] && empty.1 == 0 && empty.2 == "")
    }

    @Test func nestedCollectionsAndTheirEmptyPartsStay() async throws {
      let value: [String: [[Int?]]] = ["": [], "a": [[]], "b": [[nil], [1, nil, 3]], "ü": [[.max], [.min]]]
      #expect(try await $echoNested.remote(value).value == value)
      #expect(try await $echoNested.remote([:]).value == [:])
    }

    @Test func keysMayBeNumbersAndTruthAndSetsStay() async throws {
      let result = try await $echoKeys.remote([-1: "a", .max: "b", 0: ""], [true: 1, false: 0], ["x", "", "y"]).value
      #expect(result.0 == [-1: "a", .max: "b", 0: ""] && result.1 == [true: 1, false: 0] && result.2 == ["x", "", "y"])
    }

    @Test(arguments: [.zero, .seconds(1), .nanoseconds(1), .milliseconds(-1500), .seconds(1 << 40)] as [Duration])
    func durationsStay(_ x: Duration) async throws { #expect(try await $echoDuration.remote(x).value == x) }

    @Test(arguments: [.dot, .circle(radius: 2.5), .polygon([], name: nil), .polygon([1, 2], name: "p")] as [Shape])
    func enumsWithValuesStay(_ x: Shape) async throws { #expect(try await $echoShape.remote(x).value == x) }

    @Test(arguments: Colour.allCases) func codableEnumsStay(_ x: Colour) async throws {
      #expect(try await $echoColour.remote(x).value == x)
    }

    @Test func recursiveCodableTypesStay() async throws {
      var tree = Tree(value: 0, children: [])
      for level in 1...30 { tree = Tree(value: level, children: [tree, Tree(value: -level, children: [])]) }
      #expect(try await $echoTree.remote(tree).value == tree)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 30_000]) func rawArraysStay(_ count: Int) async throws {
      let array = RawArray((0..<count).map { Float($0) / 3 })
      #expect(try await $echoRaw.remote(array).value.elements == array.elements)
    }

    @Test func dynamicValuesStay() async throws {
      let value: MessagePackValue = ["a": [1, -2, 3.5, nil, true], "b": ["c": "text"]]
      #expect(try await $echoDynamic.remote(value).value == value)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64]) func randomMixturesStay(_ seed: UInt64) async throws {
      var random = SeededGenerator(seed: seed)
      for _ in 0..<25 {
        let value = Mixture.random(using: &random)
        #expect(try await $echoMixture.remote(value).value == value, "seed \(seed)")
      }
    }
  }
}

extension Mixture {
  static func random(using random: inout SeededGenerator) -> Mixture {
    func integer() -> Int { Int(truncatingIfNeeded: random.next() >> UInt64.random(in: 0...63, using: &random)) }
    func count() -> Int { Int.random(in: 0...(Int.random(in: 0...9, using: &random) == 0 ? 20_000 : 8), using: &random) }
    func text() -> String { String((0..<count() % 50).map { _ in "aé日👩🏽‍🚀\0\n".randomElement(using: &random)! }) }
    return Mixture(
      int: integer(), double: Double(integer()) / 7, text: text(),
      list: (0..<count()).map { _ in Int32(truncatingIfNeeded: integer()) },
      map: Dictionary((0..<count() % 20).map { _ in (text(), Double(integer())) }, uniquingKeysWith: { $1 }),
      set: Set((0..<count() % 100).map { _ in integer() }), optional: Bool.random(using: &random) ? text() : nil,
      bytes: (0..<count()).map { _ in UInt8.random(in: 0...255, using: &random) },
      shape: [.dot, .circle(radius: Double(integer())), .polygon([Double(integer())], name: text())].randomElement(
        using: &random)!)
  }
}
