import Ray
import RayTesting
import Testing

@MainActor private var total = 0

@Remote @MainActor private func addOnMain(_ x: Int) -> Int {
  MainActor.preconditionIsolated()
  total += x
  return total
}
@Remote private func visitMain(_ n: Int) async -> Int {
  var sum = 0
  for i in 0..<n { sum += await MainActor.run { i } }
  return sum
}
@Remote private func visitMainFromElsewhere() async -> Int {
  await Task.detached { await MainActor.run { 7 } }.value
}
@Remote @MainActor private func awaitsOnMain(_ x: Int) async throws -> Int {
  let doubled = try await $visitMain.remote(x).value
  MainActor.preconditionIsolated()
  return doubled
}

@RemoteActor private actor View {
  @MainActor func add(_ x: Int) -> Int {
    MainActor.preconditionIsolated()
    total += x
    return total
  }
}

extension RayConformance {
  /// The loop that runs calls has the main thread of a worker; the main actor runs there too.
  @Suite(.ray()) struct MainActors {
    @Test func functionsOfTheMainActorRun() async throws {
      let sums = try await Ray.get(try (0..<20).map { _ in try $addOnMain.remote(1) })
      #expect(sums.allSatisfy { (1...20).contains($0) })
    }

    @Test func codeMayVisitTheMainActor() async throws {
      #expect(try await $visitMain.remote(1000).value == 499_500)
      #expect(try await $visitMainFromElsewhere.remote().value == 7)
    }

    @Test func theMainActorMayWaitForOtherCalls() async throws {
      #expect(try await $awaitsOnMain.remote(10).value == 45)
    }

    @Test func actorsMayHaveMethodsOfTheMainActor() async throws {
      let view = try View.remote()
      let sums = try await Ray.get(try (0..<10).map { _ in try view.add.remote(1) })
      #expect(sums.sorted() == Array(1...10))
    }
  }
}
