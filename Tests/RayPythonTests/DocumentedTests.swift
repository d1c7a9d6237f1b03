import Ray
import Testing

extension TwoLanguages {
  /// What the article about Swift and Python shows.
  @Suite(.timeLimit(.minutes(2))) struct Documented {
    @Test func remoteExamplesRun() async throws {
      let average = try Python.function("statistics.fmean").remote([1.0, 2.0, 4.5], returning: Double.self)
      #expect(try await average.value == 2.5)
      let numbers = try Ray.put([3, 1, 2])
      let sorted = Python.function("builtins.sorted")
      #expect(try await sorted.remote(numbers, keywords: ["reverse": true], returning: [Int].self).value == [3, 2, 1])
      let counter = try Python.actorClass("collections.Counter").remote(["tea", "milk", "tea"])
      #expect(try await counter.call("most_common", 1).value == [["tea", 2]])
      let scale = Python.function(
        source: """
          import numpy

          def scale(values, by):
              return numpy.asarray(values) * by
          """)
      #expect(try await scale.remote([1.0, 2.0], 2, returning: [Double].self).value == [2, 4])
    }

    @Test func aPythonErrorTellsItsType() async throws {
      let error = try await rayError { try await Python.function("math.sqrt").remote(-1, returning: Double.self).value }
      #expect(error.details.errorType == "ValueError")
    }

    @Test func examplesInThisProcessRun() throws {
      #expect(try Python.function("math.sqrt").call(2.25, returning: Double.self) == 1.5)
      let ramp = try Python.import("numpy").arange.call(10)
      #expect(try ramp.sum.call(returning: Int.self) == 45)
      let bag = try Python.actorClass("collections.Counter").local(["a", "b", "a"])
      #expect(try bag.most_common.call(1, returning: MessagePackValue.self) == [["a", 2]])
    }
  }
}
