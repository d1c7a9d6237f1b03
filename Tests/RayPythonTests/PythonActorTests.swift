import Ray
import Testing

extension TwoLanguages {
  @Suite(.timeLimit(.minutes(2))) struct PythonActors {
    @Test func classesBecomeActors() async throws {
      let bed = try Python.actorClass("greenhouse.Bed").remote("moss", keywords: ["soil": "sand"])
      #expect(try await bed.call("plant", "fern", returning: Int.self).value == 2)
      #expect(try await bed.call("all", returning: [String].self).value == ["moss", "fern"])
      #expect(try await bed.call("facts").value == ["soil": "sand", "count": 2])
      #expect(bed.className == "greenhouse.Bed")
    }

    @Test func methodsTakeDefaultsLabelsAndReferences() async throws {
      let bed = try Python.actorClass("greenhouse.Bed").remote()
      #expect(try await bed.call("plant(_:times:)", "ivy", 3, returning: Int.self).value == 3)
      let name = try Python.function("greenhouse.echo").remote("rose")
      _ = try await bed.call("plant", name).value
      #expect(try await bed.call("all", returning: [String].self).value == ["ivy", "ivy", "ivy", "rose"])
    }

    @Test func methodsStreamAndSplit() async throws {
      let bed = try Python.actorClass("greenhouse.Bed").remote("a", "b")
      var found: [String] = []
      for try await name in try bed.method(named: "walk").stream(of: String.self).values { found.append(name) }
      #expect(found == ["a", "b"])
      let parts = try bed.method(named: "pair").split(into: 2)
      #expect(try await parts[0].value == "a")
      #expect(try await parts[1].value == 2)
    }

    @Test func asyncClassesInterleave() async throws {
      let clock = try Python.actorClass("greenhouse.Clock").remote()
      let long = try clock.call("tick", 30.0, returning: Double.self)
      #expect(try await clock.call("tick", 0.01, returning: Double.self).value == 0.01)
      let (ready, _) = try await Ray.wait([long], timeout: .zero)
      #expect(ready.isEmpty)
    }

    @Test func sourceDefinesClasses() async throws {
      let counter = try Python.actorClass(
        source: """
          class Counter:
              def __init__(self, start):
                  self.total = start
              def add(self, number):
                  self.total += number
                  return self.total
          """
      ).remote(10)
      #expect(try await counter.call("add", 5, returning: Int.self).value == 15)
    }

    @Test func failuresLeaveTheActorUsable() async throws {
      let bed = try Python.actorClass("greenhouse.Bed").remote()
      let error = try await rayError { try await bed.call("dig").value }
      #expect(error.message == "nothing but roots" && error.details.errorType == "greenhouse.Wilted")
      #expect(try await bed.call("plant", "moss", returning: Int.self).value == 1)
      let unknown = try await rayError { try bed.call("plnt") }
      #expect(unknown.code == .unknownFunction && unknown.message.contains("plant"))
      #expect(try await rayError { try Python.actorClass("greenhouse.Bde").remote() }.code == .unknownActorClass)
      #expect(try await rayError { try Python.actorClass("greenhouse.add").remote() }.code == .unknownActorClass)
    }

    @Test func namedActorsAreFoundAndKilled() async throws {
      let made = try Python.actorClass("greenhouse.Bed").with { $0.name = "orangery" }.remote("lemon")
      _ = try await made.call("all").value
      let found = try await Ray.actor(named: "orangery")
      #expect(found.id == made.id)
      #expect(try await found.call("plant", "lime", returning: Int.self).value == 2)
      try await found.kill()
      // A kill takes effect a moment after Ray was asked for it.
      let error = try await rayError { while true { _ = try await found.call("all").value } }
      #expect(error.code == .actorDied)
      #expect(try await rayError { try await Ray.actor(named: "nobody") }.code == .actorNotFound)
    }

    @Test func actorsThatPlainRayCodeMadeAreFound() async throws {
      let name = try await Python.function("greenhouse.make_named").remote("shade", returning: String.self).value
      let bed = try await Ray.actor(named: name)
      #expect(bed.className == "greenhouse.Bed")
      #expect(try await bed.call("facts").value == ["soil": "peat", "count": 1])
      try await bed.kill()
    }

    @Test func pythonUsesSwiftActorsByHandleAndByName() async throws {
      let tally = try Tally.options(name: "tally").remote(1)
      let sum = try Python.function("greenhouse.use_swift_actor").remote(tally, 4, returning: Int.self)
      #expect(try await sum.value == 5)
      let named = try Python.function("greenhouse.use_named_swift_actor").remote("tally", 5, returning: Int.self)
      #expect(try await named.value == 10)
      #expect(try await tally.add.remote(0).value == 10)
    }

    @Test func handlesOfPythonActorsTravelThroughSwift() async throws {
      let bed = try Python.actorClass("greenhouse.Bed").remote("moss")
      #expect(try await $plants.remote(bed).value == ["moss"])
    }
  }
}

@RemoteActor final class Tally {
  var total: Int
  init(_ start: Int) { total = start }

  func add(_ number: Int) -> Int {
    total += number
    return total
  }
}

@Remote func plants(_ bed: AnyActorHandle) async throws -> [String] {
  try await bed.call("all", returning: [String].self).value
}
