import Ray
import Testing

private struct Harvest: Codable, Equatable, Sendable {
  var weight: [Double]
  var count: [Int?]
  var name: [String]
}

extension TwoLanguages {
  @Suite(.timeLimit(.minutes(2))) struct PythonTasks {
    @Test func functionsOfAModuleRun() async throws {
      let sum = try Python.function("greenhouse.add").remote(2, 3, returning: Int.self)
      #expect(try await sum.value == 5)
      let root = try Python.function("math.sqrt").remote(2.25, returning: Double.self)
      #expect(try await root.value == 1.5)
    }

    @Test func resultsWithoutATypeAreDynamic() async throws {
      let result = try await Python.function("greenhouse.echo").remote(["a": [1, 2]]).value
      #expect(result == ["a": [1, 2]])
      #expect(try await Python.function("greenhouse.nothing").remote().value == nil)
    }

    @Test func keywordsAndLabelsReachPython() async throws {
      let scale = Python.function("greenhouse.scale")
      #expect(try await scale.remote([1, 2], returning: [Int].self).value == [2, 4])
      #expect(try await scale.remote([1, 2], keywords: ["by": 5], returning: [Int].self).value == [5, 10])
      let labelled = Python.function("builtins.sorted(_:reverse:)")
      #expect(try await labelled.remote([3, 1, 2], true, returning: [Int].self).value == [3, 2, 1])
    }

    @Test func referencesStandForTheirValues() async throws {
      let add = Python.function("greenhouse.add")
      let five = try add.remote(2, 3, returning: Int.self)
      let seven = try Ray.put(7)
      #expect(try await add.remote(five, seven, returning: Int.self).value == 12)
      #expect(try await $squared.remote(five).value == 25)
      let mixed = try Python.function("greenhouse.echo_all")
        .remote(five, 1, five, "x", seven, 2, 3, 4, 5, 6, 7, five, returning: [MessagePackValue].self)
      #expect(try await mixed.value == [5, 1, 5, "x", 7, 2, 3, 4, 5, 6, 7, 5])
    }

    @Test func referencesInsideValuesStayReferences() async throws {
      let refs = [try Ray.put(1), try Ray.put(2)]
      #expect(try await Python.function("greenhouse.values_of").remote(refs, returning: [Int].self).value == [1, 2])
      let made = try await Python.function("greenhouse.spread").remote([5, 6], returning: [ObjectRef<Int>].self).value
      #expect(try await Ray.get(made) == [5, 6])
      #expect(try await $squared.remote(made[1]).value == 36)
    }

    @Test func objectsThatOnlyPythonKnowsPassThrough() async throws {
      let opaque = try Python.function("greenhouse.wrap").remote("inside")
      #expect(try await Python.function("greenhouse.unwrap").remote(opaque, returning: String.self).value == "inside")
    }

    @Test func tuplesStayTuplesForPython() async throws {
      let pair = try Python.function("greenhouse.pair").remote()
      #expect(try await Python.function("greenhouse.describe").remote(pair, returning: String.self).value == "builtins.tuple")
      #expect(try await pair.value == [7, "seven"])
    }

    @Test func numbersTravelAsNumpyArrays() async throws {
      let numbers = (0..<100_000).map(Double.init)
      #expect(try await Python.function("greenhouse.total").remote(numbers, returning: Double.self).value == 4_999_950_000)
      let put = try Ray.put(numbers)
      #expect(try await Python.function("greenhouse.total").remote(put, returning: Double.self).value == 4_999_950_000)
      let ramp = try Python.function("greenhouse.ramp").remote(1000, returning: [Double].self)
      #expect(try await ramp.value == (0..<1000).map(Double.init))
    }

    @Test func arrowColumnsAreArraysAndTablesTheirColumns() async throws {
      let weights = try Python.function("greenhouse.weights").remote(returning: [Double].self)
      #expect(try await weights.value == [0.5, 1.5, 2])
      let harvest = try Python.function("greenhouse.harvest").remote(returning: Harvest.self)
      #expect(try await harvest.value == Harvest(weight: [0.5, 1.5], count: [1, nil], name: ["fig", "plum"]))
      let kind = try Python.function("greenhouse.describe").remote(harvest, returning: String.self)
      #expect(try await kind.value == "pyarrow.lib.Table", "Swift has not looked inside: Python gets what Python made")
    }

    @Test func severalReturnsAreObjectsOfTheirOwn() async throws {
      let parts = try Python.function("greenhouse.pair").split(into: 2)
      #expect(try await parts[0].value == 7)
      #expect(try await parts[1].value == "seven")
    }

    @Test func generatorsStream() async throws {
      var found: [Int] = []
      for try await value in try Python.function("greenhouse.count_down").stream(3, of: Int.self).values { found.append(value) }
      #expect(found == [3, 2, 1])
    }

    @Test func coroutinesRunToTheirEnd() async throws {
      #expect(try await Python.function("greenhouse.slowly").remote(4, returning: Int.self).value == 4)
    }

    @Test func decoratorsAreDefaultsAndOptionsOverrideThem() async throws {
      #expect(try await Python.function("greenhouse.modest").remote(returning: Double.self).value == 0.5)
      let greedy = Python.function("greenhouse.greedy").options(numCPUs: 1)
      #expect(try await greedy.remote(returning: String.self).value == "ran")
    }

    @Test func waitAndTimeoutsWork() async throws {
      let nap = Python.function("greenhouse.nap")
      let refs = [try nap.remote(0, returning: Double.self), try nap.remote(20, returning: Double.self)]
      let (ready, pending) = try await Ray.wait(refs, count: 1)
      #expect(ready == [refs[0]] && pending == [refs[1]])
      let error = try await rayError { try await Ray.get(refs[1], timeout: .milliseconds(50)) }
      #expect(error.code == .getTimedOut)
      try await Ray.cancel(refs[1], force: true)
      #expect(try await rayError { try await refs[1].value }.code == .taskCancelled)
    }

    @Test func chainsCrossTheLanguagesBothWays() async throws {
      let a = try Python.function("greenhouse.add").remote(1, 1, returning: Int.self)
      let b = try $squared.remote(a)
      let c = try Python.function("greenhouse.add").remote(b, b, returning: Int.self)
      #expect(try await $viaPython.remote(c).value == 9)
    }

    // MARK: Source

    @Test(arguments: [
      ("def f():\n    yield 1", "stream"), ("@ray.remote(num_returns=2)\ndef f():\n    return 1, 2", "split"),
      ("@ray.remote(num_returns=0)\ndef f():\n    pass", "num_returns=0"),
    ]) func functionsWithOtherThanOneResultSaySo(_ source: String, _ advice: String) async throws {
      let function = Python.function(source: "import ray\n" + source, named: "f")
      let error = try await rayError { try await function.remote(returning: Int.self).value }
      #expect(error.code == .invalidArgument && error.message.contains(advice))
    }

    @Test func asynchronousGeneratorsStream() async throws {
      let source = """
        import asyncio
        async def numbers(n):
            for i in range(n):
                await asyncio.sleep(0)
                yield i
        """
      var numbers: [Int] = []
      for try await number in try Python.function(source: source).stream(3, of: Int.self).values { numbers.append(number) }
      #expect(numbers == [0, 1, 2])
    }

    @Test func sourceDefinesFunctions() async throws {
      let scale = Python.function(
        source: """
            import math
            def scale(values, by=2):
                return [math.floor(value * by) for value in values]
          """)
      #expect(try await scale.remote([1.5, 2], returning: [Int].self).value == [3, 4])
      #expect(try await scale.remote([1.5, 2], keywords: ["by": 10], returning: [Int].self).value == [15, 20])
    }

    @Test func sourceWithSeveralDefinitionsNeedsAName() async throws {
      let source = """
        def one(): return 1
        def two(): return one() + 1
        """
      #expect(try await Python.function(source: source, named: "two").remote(returning: Int.self).value == 2)
      let error = try await rayError { try Python.function(source: source).remote() }
      #expect(error.code == .invalidArgument && error.message.contains("one, two"))
      #expect(try await rayError { try Python.function(source: source, named: "three").remote() }.code == .unknownFunction)
    }

    @Test func sourceThatIsNoPythonSaysWhereItIsWrong() async throws {
      let error = try await rayError { try Python.function(source: "def f(:\n  pass").remote() }
      #expect(error.details.errorType == "SyntaxError")
      #expect(error.message.contains("line 1"))
    }

    // MARK: Errors

    @Test func exceptionsKeepTypeTextAndTraceback() async throws {
      let error = try await rayError { try await Python.function("greenhouse.water").remote("cactus").value }
      #expect(error.code == .taskFailed)
      #expect(error.message == "the cactus had too much")
      #expect(error.details.errorType == "greenhouse.Wilted")
      #expect(error.details.backtrace.contains { $0.contains("in water") })
      let builtin = try await rayError { try await Python.function("math.sqrt").remote("x").value }
      #expect(builtin.details.errorType == "TypeError")
    }

    @Test func failuresReachTheCallsThatDependOnThem() async throws {
      let failed = try Python.function("greenhouse.water").remote("cactus", returning: Int.self)
      let error = try await rayError { try await $squared.remote(failed).value }
      #expect(error.message == "the cactus had too much")
    }

    @Test func namesThatAreNotThereAreToldAtOnce() async throws {
      let typo = try await rayError { try Python.function("greenhouse.watr").remote() }
      #expect(typo.code == .unknownFunction)
      #expect(typo.message.contains("'water'"))
      let module = try await rayError { try Python.function("greenhose.water").remote() }
      #expect(module.code == .unknownFunction && module.message.contains("greenhose"))
      #expect(try await rayError { try Python.function("not a name").remote() }.code == .unknownFunction)
    }

    @Test func retryOnIsForSwiftErrors() async throws {
      let error = try await rayError {
        try Python.function("greenhouse.add").options(retryOn: [CancellationError.self]).remote(1, 2)
      }
      #expect(error.code == .invalidArgument)
    }
  }
}

@Remote func squared(_ number: Int) -> Int { number * number }

/// Python from inside a task.
@Remote func viaPython(_ number: Int) async throws -> Int {
  try await Python.function("greenhouse.add").remote(number, 1, returning: Int.self).value
}
