internal import Ray
internal import RayEngine
internal import Testing

@Suite struct RemoteActorTests {
  @Test func methodsKeepTheirLabelsOverloadsAndErrors() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      let counter = try Counter.remote(startingAt: 10)
      let step = try $square.remote(2)
      #expect(try await counter.increment.remote(by: 5).value == 15)
      #expect(try await counter.increment.remote(by: step).value == 19)
      #expect(try await counter.increment.remote(twice: 1).value == 41)
      #expect(try await counter.slow.remote().value == 21)
      #expect(try await counter.parts.remote().value == (21, "21"))
      #expect(try await counter.parts.split().text.value == "21")
      #expect(try await counter.default.remote(3).value == 3)
      await #expect(throws: DivisionByZero(dividend: 21)) { try await counter.fail.remote().value }
      try await counter.reset.remote().value
      #expect(try await counter.increment.remote(by: 0).value == 0)
      var numbers: [Int] = []
      for try await number in try counter.numbers.remote(3).values { numbers.append(number) }
      #expect(numbers == [0, 1, 2])
    }
  }

  @Test func initializersTakeReferencesAndDefaults() async {
    await #expect(processExitsWith: .success) {
      let engine = installDirectEngine()
      #expect(try await Counter.remote().increment.remote(by: 1).value == 1)
      let start = try $square.remote(5)
      #expect(try await Counter.remote(startingAt: start).increment.remote(by: 1).value == 26)
      let named = try Counter.options(name: "total", lifetime: .detached).remote(startingAt: 7)
      #expect(try await named.increment.remote(by: 0).value == 7)
      #expect(engine.lastCreation?.name == "total" && engine.lastCreation?.lifetime == .detached)
      #expect(try await Space.Implicit.remote().get.remote().value == 5)
      #expect(try await callPicky(true).value)
      await #expect(throws: RayError.self) { try await callPicky(false).value }
    }
  }

  @Test func swiftActorsAreAwaited() async {
    await #expect(processExitsWith: .success) {
      let engine = installDirectEngine()
      let ledger = try Ledger.remote(["a": 1], closed: false)
      #expect(try await ledger.add.remote(2, to: "a").value == 3)
      #expect(try await ledger.version.remote().value == 3)
      #expect(try await ledger.all.remote().value == ["a": 3])
      #expect(try await ledger.names.remote().values.first { _ in true } == "a")
      #expect(engine.lastCreation?.numCPUs == 0 && engine.lastCreation?.maxRestarts == 2)
      let closed = try Ledger.remote([:], closed: true)
      await #expect(throws: DivisionByZero(dividend: 0)) { try await closed.version.remote().value }
    }
  }

  @Test func handlesTravelInsideCalls() async {
    await #expect(processExitsWith: .success) {
      _ = installDirectEngine()
      let counter = try Counter.remote(startingAt: 1)
      #expect(try await $ask.remote(counter, by: 2).value == 3)
    }
  }

  @Test func methodOptionsReachTheEngine() async {
    await #expect(processExitsWith: .success) {
      let engine = installDirectEngine()
      let counter = try Counter.remote()
      _ = try await counter.increment.options(name: "step", maxRetries: 3).remote(by: 1).value
      #expect(engine.lastSubmission?.name == "RayMacrosTests.Counter.increment(by:)")
      #expect(engine.lastSubmission?.options.values.maxRetries == 3)
    }
  }

  @Test func entriesSayWhatAnActorIs() throws {
    let counter = try #require(RemoteRegistry.actor(named: "RayMacrosTests.Counter"))
    #expect(counter.isConcurrent)
    let names = counter.methods.map(\.name)
    #expect(names.contains("RayMacrosTests.Counter.increment(by:)") && names.contains("RayMacrosTests.Counter.increment(twice:)"))
    #expect(!names.contains { $0.contains("local") || $0.contains("hidden") || $0.contains("helper") })
    #expect(RemoteRegistry.actor(named: "Ledger")?.isConcurrent == true)
    #expect(RemoteRegistry.actor(named: "Implicit")?.isConcurrent == false)
    #expect(RemoteRegistry.actorNames.contains("RayMacrosTests/Fixtures.swift.Picky"))
  }
}
