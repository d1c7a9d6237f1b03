import Ray
import Testing

extension TwoLanguages {
  /// What goes through Python and comes back, between processes and within this one.
  @Suite(.timeLimit(.minutes(2))) struct PythonValues {
    private static let values: [MessagePackValue] = [
      nil, true, false, 0, -1, .int(.min), .int(.max), .uint(.max), 1.5, -0.0, .double(.greatestFiniteMagnitude),
      .double(.infinity),
      .double(-.infinity), "", "grüße 🌍 漢字", "a\0b", .binary([]), .binary([0, 255]), [], .map([]), [1, "two", 3.5, nil, [true]],
      ["a": ["b": [1, ["c": nil]]]], .map([.init(2, "two"), .init(true, "yes")]),
      .string(String(repeating: "long ", count: 20_000)), .array((0..<10_000).map { .int($0) }),
    ]

    @Test(arguments: values.indices) func valuesReturnAsTheyWent(index: Int) async throws {
      let value = Self.values[index]
      let echo = Python.function("greenhouse.echo")
      #expect(try await echo.remote(value).value == value)
      #expect(try echo.call(value, returning: MessagePackValue.self) == value)
      #expect(try await echo.remote(Ray.put(value)).value == value)
    }

    @Test func nothingIsANumberStaysSo() async throws {
      let echo = Python.function("greenhouse.echo")
      #expect(try await echo.remote(Double.nan, returning: Double.self).value.isNaN)
    }

    @Test func randomUnsignedNumbers() async throws {
      let seed = UInt64.random(in: 0 ... .max)
      print("seed \(seed)")
      var state = seed
      let numbers = (0..<100).map { _ -> UInt64 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
      }
      let echo = Python.function("greenhouse.echo")
      #expect(try await echo.remote(numbers, returning: [UInt64].self).value == numbers)
      #expect(try numbers.map { try echo.call($0, returning: UInt64.self) } == numbers)
    }

    @Test func structsAreDictionaries() async throws {
      let tree = Branch(name: "root", weight: nil, twigs: [Branch(name: "twig", weight: 0.5, twigs: [])])
      let echo = Python.function("greenhouse.echo")
      #expect(try await echo.remote(tree, returning: Branch.self).value == tree)
      #expect(try echo.call(tree, returning: Branch.self) == tree)
      let names = Python.function(source: "def names(tree): return [tree['name']] + [twig['name'] for twig in tree['twigs']]")
      #expect(try await names.remote(tree, returning: [String].self).value == ["root", "twig"])
    }

    @Test func tuplesOfAnyLengthAreLists() async throws {
      let make = Python.function(source: "def make(count): return tuple(range(count))")
      for count in [0, 1, 3, 5, 15] {
        #expect(try await make.remote(count, returning: [Int].self).value == Array(0..<count))
      }
      let parts = try make.split(3, into: 3)
      #expect(try await Ray.get(parts) == [0, 1, 2])
    }

    @Test func numbersThatDoNotFitAreErrors() async throws {
      let echo = Python.function("greenhouse.echo")
      for value in [MessagePackValue.int(256), .int(-1), .uint(.max)] {
        let error = try await rayError { try await echo.remote(value, returning: UInt8.self).value }
        #expect(error.code == .decodingFailed && error.message.contains("UInt8"))
      }
      let huge = Python.function(source: "def f(): return 2 ** 70")
      #expect(try await rayError { try await huge.remote(returning: Int.self).value }.code == .decodingFailed)
      #expect(try localError { try huge.call(returning: Int.self) }.code == .decodingFailed)
    }

    @Test func timestampsAreDatetimes() async throws {
      let moment = MessagePackTimestamp(seconds: 1_700_000_000, nanoseconds: 250_000_000)
      let later = Python.function(
        source: """
          import datetime
          def later(moment):
              assert type(moment) is datetime.datetime and moment.tzinfo is not None, type(moment)
              assert moment.microsecond == 250000, moment
              return moment + datetime.timedelta(hours=1)
          """)
      let found = try await later.remote(moment, returning: MessagePackTimestamp.self).value
      #expect(found == MessagePackTimestamp(seconds: 1_700_003_600, nanoseconds: 250_000_000))
    }

    @Test func pythonsOwnTypesBecomePlainOnes() async throws {
      let numbers = Python.function(source: "def f():\n  import numpy\n  return numpy.float32(1.5), numpy.int64(7), {3}")
      #expect(try await numbers.remote().value == [1.5, 7, [3]])
      let point = Python.function(
        source: """
          import dataclasses
          @dataclasses.dataclass
          class Point:
              x: int
              y: int
          def f():
              return Point(1, 2)
          """, named: "f")
      #expect(try await point.remote().value == ["x": 1, "y": 2])
    }
  }
}

@RayCodable struct Branch: Equatable {
  var name: String
  var weight: Double?
  var twigs: [Branch]
}
