import Ray
import Testing

extension TwoLanguages {
  /// Calls in this process; the cluster is there, but takes no part.
  @Suite(.timeLimit(.minutes(1))) struct InProcess {
    @Test func functionsRunInThisProcess() throws {
      #expect(try Python.function("greenhouse.add").call(2, 3, returning: Int.self) == 5)
      #expect(try Python.function("greenhouse.process").call(returning: Int.self) == Int(processIdentifier()))
      #expect(try Python.import("math").hypot.call(3.0, 4.0, returning: Double.self) == 5)
    }

    @Test func textTruthAndNothingCross() throws {
      let echo = try Python.function("greenhouse.echo").local()
      #expect(try echo.call("grüße 🌍\0!", returning: String.self) == "grüße 🌍\0!")
      #expect(try echo.call(true, returning: Bool.self))
      #expect(try echo.call(Int.min, returning: Int.self) == .min)
      #expect(try echo.call(UInt64.max, returning: UInt64.self) == .max)
      #expect(try echo.call(-0.0, returning: Double.self).sign == .minus)
      #expect(try echo.call(Double.nan, returning: Double.self).isNaN)
      #expect(try echo.call(Int?.none, returning: Int?.self) == nil)
      #expect(try echo.call(3, returning: Double.self) == 3)
      try echo.call(3, returning: Void.self)
    }

    @Test func nestedValuesCross() throws {
      let echo = try Python.function("greenhouse.echo").local()
      let value: [String: [Int?]] = ["a": [1, nil], "b": []]
      #expect(try echo.call(value, returning: [String: [Int?]].self) == value)
      let plant = Plant(name: "fern", heights: [1.5, 2])
      #expect(try echo.call(plant, returning: Plant.self) == plant)
    }

    @Test func arraysOfNumbersAreLent() throws {
      let numbers = (0..<1000).map(Double.init)
      let describe = try Python.function("greenhouse.describe").local()
      #expect(try describe.call(numbers, returning: String.self) == "builtins.memoryview")
      #expect(try Python.function("builtins.sum").call(numbers, returning: Double.self) == 499_500)
      #expect(try Python.function("numpy.sum").call(numbers, returning: Double.self) == 499_500)
      #expect(try Python.function("greenhouse.ramp").call(4, returning: [Double].self) == [0, 1, 2, 3])
      #expect(try Python.function("memoryview.hex").call([UInt8]([1, 255]), returning: String.self) == "01ff")
      #expect(try Python.function("builtins.bytes").call([UInt8]([1, 255]), returning: [UInt8].self) == [1, 255])
      #expect(try Python.function("builtins.list").call([Int32]([1, -2]), returning: [Int32].self) == [1, -2])
    }

    @Test func lentMemoryOutlivesTheCall() throws {
      let view = try Python.function("numpy.asarray").call((0..<100_000).map(Double.init))
      #expect(try view.sum.call(returning: Double.self) == 4_999_950_000)
      let error = try localError { try view.__setitem__.call(0, 1.0) }
      #expect(error.details.errorType == "ValueError")
    }

    @Test func instancesAreObjects() throws {
      let bed = try Python.actorClass("greenhouse.Bed").local("moss", keywords: ["soil": "sand"])
      #expect(try bed.plant.call("fern", keywords: ["times": 2], returning: Int.self) == 3)
      #expect(try bed.attribute("soil").value(as: String.self) == "sand")
      try bed.setAttribute("soil", to: "clay")
      #expect(try bed.soil.value(as: String.self) == "clay")
      let describe = try Python.function("greenhouse.describe").local()
      #expect(try describe.call(bed, returning: String.self) == "greenhouse.Bed")
      #expect("\(bed)".contains("Bed object"))
    }

    @Test func decoratedFunctionsRunToo() throws {
      #expect(try Python.function("greenhouse.greedy").call(returning: String.self) == "ran")
    }

    @Test func labelsAreKeywords() throws {
      let scale = Python.function("greenhouse.scale(_:by:)")
      #expect(try scale.call([1, 2], 3, returning: [Int].self) == [3, 6])
    }

    @Test func sourceRunsOnce() throws {
      let source = """
        count = 0
        def next_number():
            global count
            count += 1
            return count
        """
      #expect(try Python.function(source: source).call(returning: Int.self) == 1)
      #expect(try Python.function(source: source).call(returning: Int.self) == 2)
    }

    @Test func exceptionsArriveWithTheirType() throws {
      let error = try localError { try Python.function("greenhouse.water").call("cactus") }
      #expect(error.code == .taskFailed && error.message == "the cactus had too much")
      #expect(error.details.errorType == "greenhouse.Wilted")
      #expect(error.details.backtrace.contains { $0.contains("in water") })
      #expect(try localError { try Python.function("greenhouse.watr").call() }.code == .unknownFunction)
    }

    @Test func resultsOfTheWrongTypeSayWhatTheyAre() throws {
      let echo = try Python.function("greenhouse.echo").local()
      let error = try localError { try echo.call("x", returning: Int.self) }
      #expect(error.code == .decodingFailed && error.message.contains("str"))
      #expect(try localError { try echo.call(UInt64.max, returning: Int.self) }.message.contains("18446744073709551615"))
    }

    @Test func threadsCallAtTheSameTime() async throws {
      let nap = try Python.function("greenhouse.nap").local()
      let thread = try Python.function("greenhouse.thread").local()
      let clock = ContinuousClock()
      let started = clock.now
      let threads = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try nap.call(0.3, returning: Void.self)
            return try thread.call(returning: Int.self)
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(threads.count == 2)
      #expect(clock.now - started < .milliseconds(590))
    }
  }
}

@RayCodable struct Plant: Equatable {
  var name: String
  var heights: [Double]
}
