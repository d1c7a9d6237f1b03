internal import MessagePack
internal import Ray
internal import RayEngine
internal import RayProtocol
internal import Testing

/// Calls go through the engine of the process, so that each test has a process of its own.
@Suite struct RemoteFunctionTests {
  @Test func valuesAndReferencesMixInEveryPosition() async {
    await #expect(processExitsWith: .success) {
      let engine = installDirectEngine()
      let four = try $square.remote(2)
      #expect(try await four.value == 4)
      #expect(try await $square.remote(four).value == 16)
      #expect(try await $divide.remote(17, by: four).value == (4, 1))
      #expect(try await $divide.remote(four, by: 3).value == (1, 1))
      #expect(try await $divide.remote(four, by: four).value.quotient == 1)
      #expect(try await $divide.remote(9).value.remainder == 1)
      #expect(engine.lastSubmission?.name == "RayMacrosTests.divide(_:by:)")
      #expect(try await $half.remote(5).value == 2.5)
      let number = try Ray.put(Float(0.5))
      #expect(try await $four.remote(1, 2, c: four, in: number).value == 7.5)
      #expect(try await $four.remote(1, 2, c: 3, in: 4).value == 10)
    }
  }

  @Test func moreThanFourParametersTakeArguments() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      let one = try $square.remote(1)
      let text = try await $five.remote(.ref(one), 2, 3, "x", .value([5])).value
      #expect(text == "1 2 3 x [5.0] true")
      #expect(try await $five.remote(1, .ref(one), 3, .value("y"), .value([]), f: false).value == "1 1 3 y [] false")
    }
  }

  @Test func tuplesSplitIntoReferences() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      let (quotient, remainder) = try $divide.split(17, by: 5)
      #expect(try await $square.remote(quotient).value == 9)
      #expect(try await remainder.value == 2)
      #expect(try $divide.split(1, by: 1).quotient.id != quotient.id)
      #expect(try await $swap.remote((1, "a")).value == ("a", 1))
      #expect(try await $swap.split((1, "a")).1.value == 1)
      let (first, second) = try await $nested.remote(3).value
      #expect(first == 3 && second.a == "3" && second.b == [3, 3])
      let parts = try $nested.split(4)
      #expect(try await parts.1.value.b == [4, 4])
    }
  }

  @Test func errorsComeBackAsThemselves() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      await #expect(throws: DivisionByZero(dividend: 3)) { try await $divide.remote(3, by: 0).value }
      await #expect(throws: DivisionByZero(dividend: 0)) { try await callTyped(0).value }
      #expect(try await callTyped(5).value == 5)
      await #expect(throws: DivisionByZero(dividend: -1)) { try await $noted.remote(inout_(value: -1)).value }
      try await $noted.remote(inout_(value: 1)).value
      try await $nothing.remote().value
    }
  }

  @Test func streamsYieldReferences() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      var sum = 0
      for try await ref in try $count.remote(to: 5) { sum += try await $square.remote(ref).value }
      #expect(sum == 30)
      var texts: [String] = []
      await #expect(throws: DivisionByZero(dividend: 3)) {
        for try await text in try $countAndFail.remote(to: 3).values { texts.append(text) }
      }
      #expect(texts == ["0", "1", "2"])
      var last = (0, 0)
      for try await pair in try $opaque.remote(4).values { last = pair }
      #expect(last == (3, 9))
    }
  }

  @Test func optionalsReferencesInsideValuesAndOwnershipPass() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      #expect(try await $maybe.remote(nil).value == nil)
      #expect(try await $maybe.remote(1).value == 2)
      let squares = [try $square.remote(3), try $square.remote(4)]
      #expect(try await $total.remote(squares).value == 25)
      #expect(try await $borrowing.remote("abc", [1, 2]).value == 5)
      #expect(try await callHidden("ab").value == "ababab")
      #expect(try await $guarded.remote().value == 1)
    }
  }

  @Test func awkwardNamesWork() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      #expect(try await $split.remote("a b").value == ["a", "b"])
      #expect(try await $remote.remote(3).value == 3)
      #expect(try await $options.remote().value == 7)
      #expect(try await $repeat.remote(3, for: 4).value == 12)
      #expect(try await $named.remote().value == "named")
      #expect(try await Tools.$bump.remote(1).value == 11)
      #expect(try await Tools.callSecret(4).value == -4)
      let inner = try Tools.Inner.$make.remote()
      #expect(try await Tools.Inner.$twice.remote(inner).value == Tools.Inner(x: 8))
    }
  }

  @Test func namesAreStableAndPrivateOnesCarryTheirFile() {
    let names = Set(RemoteRegistry.functionNames)
    #expect(names.contains("RayMacrosTests.square(_:)"))
    #expect(names.contains("RayMacrosTests/Fixtures.swift.hidden(_:repeated:)"))
    #expect(names.contains("RayMacrosTests.Tools.bump(_:by:)"))
    #expect(names.contains("RayMacrosTests/Fixtures.swift.Tools.secret(_:)"))
    #expect(names.contains("RayMacrosTests.Tools.Inner.twice(_:)"))
    #expect(names.contains("RayMacrosTests.repeat(_:for:)"))
    #expect(names.contains("chosen.name"))
    #expect(RemoteRegistry.function(named: "bump")?.name == "RayMacrosTests.Tools.bump(_:by:)")
    let entry = RemoteRegistry.function(named: "RayMacrosTests.divide(_:by:)")
    #expect(entry?.parameters == [.init("_", "Int"), .init("by", "Int")])
    #expect(entry?.resultType == "(quotient: Int, remainder: Int)")
  }

  @Test func twoFunctionsOfOneNameRefuseToRun() throws {
    let entry = try #require(RemoteRegistry.function(named: "RayMacrosTests.twice()"))
    guard case .sync(let body) = entry.body else { throw RayError(.internalError, "not the entry that complains") }
    let arguments = TaskArguments(UnsafeRawBufferPointer(start: nil, count: 0), function: "", parameters: [], context: nil) { $0 }
    var writer = ByteWriter()
    do {
      try body(arguments, &writer)
      Issue.record("one of the two functions ran")
    } catch let error as RayError {
      #expect(error.message.contains("two remote functions of this program are named 'RayMacrosTests.twice()'"))
    }
  }

  @Test func declaredOptionsHoldUntilTheyAreChanged() async {
    await #expect(processExitsWith: .success) {
      let engine = installDirectEngine()
      _ = try await $divide.remote(1, by: 1).value
      let declared = try #require(engine.lastSubmission?.options)
      #expect(declared.values.numCPUs == 2 && declared.values.maxRetries == 5 && declared.values.memory == 1 << 20)
      #expect(declared.values.retryOn.count == 1)
      #expect(declared.storage === $divide.options.storage)
      _ = try await $divide.options(numCPUs: 4, schedulingStrategy: .spread).remote(1, by: 1).value
      let changed = try #require(engine.lastSubmission?.options)
      #expect(changed.values.numCPUs == 4 && changed.values.maxRetries == 5 && changed.values.schedulingStrategy == .spread)
    }
  }
}
