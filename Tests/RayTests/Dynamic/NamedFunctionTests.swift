import Ray
import RayTesting
import Testing

@RayCodable struct NamedPoint: Equatable {
  var x: Int
  var y: Int
}
struct NamedPlain: Codable, Equatable, Sendable { var text: String }

enum Named {
  @Remote static func product(_ a: Int, by b: Int) -> Int { a * b }
  @Remote static func byte(_ x: UInt8) -> UInt8 { x }
  @Remote static func moved(_ point: NamedPoint, by step: Int) -> NamedPoint { NamedPoint(x: point.x + step, y: point.y + step) }
  @Remote static func plain(_ value: NamedPlain) -> NamedPlain { NamedPlain(text: value.text + "!") }
  @Remote static func orNil(_ x: Int?) -> String { x.map { "\($0)" } ?? "nothing" }
  @Remote static func countRefs(_ refs: [ObjectRef<Int>]) -> Int { refs.count }
  @Remote static func nothing() {}
  @Remote static func pair() -> (Int, String) { (1, "one") }
  @Remote static func upTo(_ n: Int) -> AsyncStream<Int> {
    AsyncStream { continuation in
      for i in 0..<n { continuation.yield(i) }
      continuation.finish()
    }
  }
  @Remote(name: "callable from afar") static func renamed() -> String { "renamed" }
  enum Other { @Remote static func byte(_ x: Int) -> Int { x } }
}

extension RayConformance {
  @Suite(.ray()) struct NamedFunctions {
    @Test(arguments: ["RayTests.Named.product(_:by:)", "RayTests.Named.product", "product"])
    func aFunctionIsCalledByItsNameInFullOrInShort(_ name: String) async throws {
      #expect(try await Ray.function(named: name).remote(6, 7).value == 42)
      #expect(try await Ray.function(named: name).remote(6, 7, returning: Int.self).value == 42)
    }

    @Test func aFunctionMayBeNamedInItsAttribute() async throws {
      #expect(try await Ray.function(named: "callable from afar").remote().value == "renamed")
    }

    @Test func valuesReferencesAndDynamicValuesMix() async throws {
      let six = try Named.$product.remote(2, by: 3)
      let product = Ray.function(named: "product")
      #expect(try await product.remote(six, MessagePackValue.int(7), returning: Int.self).value == 42)
      let dynamic = try product.remote(six, six)
      #expect(try await product.remote(dynamic, 2).value == 72)
    }

    @Test func resultsOfEveryKindAreRead() async throws {
      let moved = Ray.function(named: "moved")
      #expect(try await moved.remote(NamedPoint(x: 1, y: 2), 3, returning: NamedPoint.self).value == NamedPoint(x: 4, y: 5))
      #expect(try await moved.remote(["x": 1, "y": 2], 3).value["y"] == 5)
      let plain = Ray.function(named: "plain")
      #expect(try await plain.remote(NamedPlain(text: "a"), returning: NamedPlain.self).value == NamedPlain(text: "a!"))
      try await Ray.function(named: "Named.nothing").remote(returning: Void.self).value
      #expect(try await Ray.function(named: "RayTests.Named.nothing").remote().value == .nil)
      #expect(try await Ray.function(named: "orNil").remote(Int?.none).value == "nothing")
      #expect(try await Ray.function(named: "orNil").remote(Int?.some(3)).value == "3")
    }

    @Test func aReferenceInsideAValueStaysAReference() async throws {
      let ref = try Ray.put(1)
      #expect(try await Ray.function(named: "countRefs").remote([ref, ref]).value == 2)
    }

    @Test func tuplesAreSplitAndStreamsAreRead() async throws {
      let parts = try Ray.function(named: "pair").split(into: 2)
      #expect(try await Ray.get(parts) == [1, "one"])
      var elements: [Int] = []
      for try await element in try Ray.function(named: "Named.upTo").stream(3, of: Int.self).values { elements.append(element) }
      #expect(elements == [0, 1, 2])
    }

    @Test func optionsAreThoseOfEveryFunction() async throws {
      try await expectInfeasible("unicorn") {
        try Ray.function(named: "product").options(resources: ["unicorn": 1]).remote(1, 2)
      }
    }

    // MARK: Misuse

    @Test func anUnknownNameSuggestsOthers() async throws {
      let error = await expectRayError(.unknownFunction) { _ = try await Ray.function(named: "prodcut").remote(1, 2).value }
      #expect(error?.message == "no remote function 'prodcut' in this program; did you mean 'RayTests.Named.product(_:by:)'?")
      await expectRayError(.unknownFunction) { _ = try await Ray.function(named: "").remote().value }
    }

    @Test func anAmbiguousNameListsTheCandidates() async throws {
      await expectRayError(
        .unknownFunction, "'byte' could be any of 'RayTests.Named.Other.byte(_:)', 'RayTests.Named.byte(_:)'; use the full name"
      ) { _ = try await Ray.function(named: "byte").remote(1).value }
    }

    @Test func aWrongNumberOfArgumentsIsTold() async throws {
      let product = Ray.function(named: "product")
      let text = "RayTests.Named.product(_:by:) takes 2 arguments (Int, by: Int), the call has "
      await expectRayError(.invalidArgument, text + "0") { _ = try await product.remote().value }
      await expectRayError(.invalidArgument, text + "1") { _ = try await product.remote(1).value }
      await expectRayError(.invalidArgument, text + "3") { _ = try await product.remote(1, 2, 3).value }
    }

    @Test func aWrongArgumentIsTold() async throws {
      await expectRayError(
        .decodingFailed, "RayTests.Named.product(_:by:): argument 1 'by' (Int) expected Int, found a string of 3 bytes"
      ) { _ = try await Ray.function(named: "product").remote(1, "two").value }
      await expectRayError(.decodingFailed, "argument 0 (NamedPoint)") {
        _ = try await Ray.function(named: "moved").remote(["x": 1], 3).value
      }
    }

    @Test(arguments: [256, -1, Int.max]) func anArgumentThatOverflowsIsToldWithItsTarget(_ value: Int) async throws {
      await expectRayError(
        .decodingFailed, "RayTests.Named.byte(_:): argument 0 (UInt8) expected UInt8, found \(value): overflows"
      ) { _ = try await Ray.function(named: "RayTests.Named.byte").remote(value).value }
    }

    @Test func aResultThatDoesNotFitIsToldWithItsTarget() async throws {
      await expectRayError(.decodingFailed, "is no UInt8: expected UInt8, found 300: overflows") {
        _ = try await Ray.function(named: "product").remote(30, 10, returning: UInt8.self).value
      }
      await expectRayError(.decodingFailed, "is no String: expected String, found 300") {
        _ = try await Ray.function(named: "product").remote(30, 10, returning: String.self).value
      }
    }

    @Test func anArgumentThatCannotTravelIsRefusedAtOnce() async throws {
      struct Opaque: Sendable {}
      await expectRayError(.encodingFailed, "Opaque cannot cross a process boundary") {
        _ = try Ray.function(named: "product").remote(Opaque(), 1)
      }
    }

    @Test func aStreamIsNotCalledLikeAFunctionNorTheOtherWayRound() async throws {
      await expectRayError(.invalidArgument, "streams its results; call it with 'stream'") {
        _ = try await Ray.function(named: "RayTests.Named.upTo").remote(5000).value
      }
      await expectRayError(.invalidArgument, "returns one result; call it with 'remote'") {
        for try await _ in try Ray.function(named: "product").stream(1, 2, of: Int.self) {}
      }
    }

    @Test func aResultOfAnotherSizeIsNotSplit() async throws {
      await expectRayError(.invalidArgument, "the result has 2 elements and cannot be split into 3") {
        _ = try await Ray.get(try Ray.function(named: "pair").split(into: 3))
      }
      await expectRayError(.invalidArgument, "the result is no tuple") {
        _ = try await Ray.get(try Ray.function(named: "product").split(1, 2, into: 2))
      }
      for count in [-1, 0, 1, 65_536] {
        await expectRayError(.invalidArgument) { _ = try Ray.function(named: "pair").split(into: count) }
      }
    }
  }
}
