import Ray
import RayTesting
import Testing

@Remote private func afterGate(_ gate: ActorHandle<Gate>, _ x: Int) async throws -> Int {
  try await gate.passed.remote().value
  return x
}
@Remote private func assigned() -> [String: Double] { Ray.context.assignedResources }
@Remote(numGPUs: 1) private func gpu() -> (ids: [Int], visible: String?) {
  (Ray.context.gpuIDs, environmentVariable("CUDA_VISIBLE_DEVICES"))
}
@Remote private func noGPU() -> [Int] { Ray.context.gpuIDs }
@Remote private func heldGPU(_ arrived: ActorHandle<Gate>, _ gate: ActorHandle<Gate>) async throws -> [Int] {
  try await arrived.passed.remote().value
  try await gate.passed.remote().value
  return Ray.context.gpuIDs
}
@Remote(resources: ["token": 1]) private func withToken(_ turnstile: ActorHandle<Meter>) async throws -> Int {
  let inside = try await turnstile.enter.remote().value
  try await turnstile.leave.remote().value
  return inside
}
@Remote private func one() -> Int { 1 }

/// The nodes of a cluster have whole numbers of everything; calls may ask for parts.
private let licenses: Double = ConformanceEngine.current == .embedded ? 0.5 : 1

/// How many calls are inside at once.
@RemoteActor final class Meter {
  private var inside = 0
  init() {}
  func enter() -> Int {
    inside += 1
    return inside
  }
  func leave() { inside -= 1 }
}

extension RayConformance {
  @Suite(.ray(cpus: 4, gpus: 2, resources: ["token": 2, "license": licenses])) struct Resources {
    @Test func theClusterTellsWhatItHas() async throws {
      let total = try await Ray.clusterResources()
      #expect(total["CPU"] == 4 && total["GPU"] == 2 && total["token"] == 2 && total["license"] == licenses)
      #expect(total["memory", default: 0] > 0)
      let nodes = try await Ray.nodes()
      #expect(nodes.count == 1 && nodes[0].isAlive && nodes[0].resources["CPU"] == 4)
      #expect(nodes[0].id == Ray.context.nodeID)
    }

    @Test func anActorHoldsItsResourcesUntilItEnds() async throws {
      let meter = try Meter.options(numCPUs: 1.5, resources: ["token": 1]).remote()
      _ = try await meter.enter.remote().value
      let available = try await Ray.availableResources()
      #expect(available["CPU"] == 2.5 && available["token"] == 1)
      try await meter.kill()
      // A call may still run before the kill arrives, and resources come back when the process has ended.
      while await (try? meter.enter.remote().value) != nil {}
      while try await Ray.availableResources()["token"] != 2 { await Task.yield() }
    }

    @Test func aDefaultActorNeedsNoCPUToRun() async throws {
      let meters = try (0..<6).map { _ in try Meter.remote() }
      #expect(try await Ray.get(try meters.map { try $0.enter.remote() }) == [1, 1, 1, 1, 1, 1])
      #expect(try await $one.remote().value == 1)
    }

    @Test(arguments: ["token", "unobtainium"]) func whatCannotEverRunSaysWhatIsMissing(_ name: String) async throws {
      try await expectInfeasible(name) { try $one.options(resources: [name: 3]).remote() }
      #expect(try await $one.remote().value == 1)
    }

    @Test func anActorThatCannotEverRunSaysWhatIsMissing() async throws {
      let meter = try Meter.options(resources: ["unobtainium": 1]).remote()
      try await expectInfeasible("unobtainium") { try meter.enter.remote() }
    }

    @Test func tooManyCPUsAreInfeasible() async throws {
      try await expectInfeasible("CPU") { try $one.options(numCPUs: 64).remote() }
    }

    @Test func customResourcesBoundWhatRunsAtOnce() async throws {
      let meter = try Meter.remote()
      let refs = try (0..<20).map { _ in try $withToken.remote(meter) }
      #expect(try await Ray.get(refs).max()! <= 2)
    }

    @Test func fractionsAddUpExactly() async throws {
      let gate = try Gate.remote()
      // A suspended call gives its CPU back but keeps other resources.
      let holders = try (0..<5).map { try $afterGate.options(numCPUs: 0, resources: ["license": licenses / 5]).remote(gate, $0) }
      try await gate.arrived.remote(count: 5).value
      #expect(try await Ray.availableResources()["license", default: 0] == 0)
      try await gate.open.remote().value
      #expect(try await Ray.get(holders) == [0, 1, 2, 3, 4])
    }

    @Test func aCallKnowsWhatItWasGiven() async throws {
      #expect(try await $assigned.remote().value == ["CPU": 1])
      #expect(try await $assigned.options(numCPUs: 0.5, resources: ["token": 2]).remote().value == ["CPU": 0.5, "token": 2])
    }

    @Test func gpusAreNumberedAndVisible() async throws {
      let result = try await $gpu.remote().value
      #expect(result.ids.count == 1 && result.visible == result.ids.map(String.init).joined(separator: ","))
      #expect(try await $noGPU.remote().value == [])
    }

    @Test func callsThatRunAtOnceGetDifferentGPUs() async throws {
      let (arrived, gate) = (try Gate.remote(), try Gate.remote())
      try await arrived.open.remote().value
      let refs = try (0..<2).map { _ in try $heldGPU.options(numGPUs: 1).remote(arrived, gate) }
      try await gate.arrived.remote(count: 2).value
      try await gate.open.remote().value
      #expect(Set(try await Ray.get(refs).flatMap { $0 }).count == 2)
    }

    @Test func impossibleOptionsAreRefusedAtOnce() async throws {
      await expectRayError(.invalidArgument, "CPU") { _ = try $one.options(numCPUs: -1).remote() }
      await expectRayError(.invalidArgument, "CPU") { _ = try $one.options(resources: ["CPU": 1]).remote() }
      await expectRayError(.invalidArgument, "token") { _ = try $one.options(resources: ["token": -1]).remote() }
      await expectRayError(.invalidArgument, "token") { _ = try $one.options(resources: ["token": .nan]).remote() }
      await expectRayError(.invalidArgument, "maxRetries") { _ = try $one.options(maxRetries: -2).remote() }
      await expectRayError(.invalidArgument, "maxRestarts") { _ = try Meter.options(maxRestarts: -2).remote() }
    }
  }
}

extension RayConformance {
  @Suite(
    RayTrait(configuration: .init(numCPUs: 1, infeasibleTimeout: .milliseconds(300))),
    .embeddedOnly("on a Ray cluster what nobody has is waited for as long as it takes"))
  struct ResourcesNobodyHas {
    @Test func callsWaitAsLongAsAskedForBeforeTheyFail() async throws {
      let call = try $one.options(resources: ["unobtainium": 1]).remote()
      #expect(try await Ray.wait([call], timeout: .milliseconds(100)).ready.isEmpty)
      #expect(try await $one.remote().value == 1, "others go on meanwhile")
      await expectRayError(.infeasible, "unobtainium") { _ = try await call.value }
    }

    @Test func actorsWaitAsLongAsAskedForBeforeTheyDie() async throws {
      let meter = try Meter.options(resources: ["unobtainium": 1]).remote()
      let call = try meter.enter.remote()
      #expect(try await Ray.wait([call], timeout: .milliseconds(100)).ready.isEmpty)
      await expectRayError(.infeasible, "unobtainium") { _ = try await call.value }
    }

    @Test(arguments: [
      ("", 1.0), ("shards", 0.00001), ("CPU", 0.00001), ("GPU", 0.00001), ("shards", .infinity), ("shards", 1e20),
      (String(repeating: "x", count: 300), 1),
    ])
    func impossibleAmountsAreRefusedWithoutHarm(_ name: String, _ amount: Double) async throws {
      await expectRayError(.invalidArgument) {
        _ =
          switch name {
          case "CPU": try $one.options(numCPUs: amount).remote()
          case "GPU": try $one.options(numGPUs: amount).remote()
          default: try $one.options(resources: [name: amount]).remote()
          }
      }
      #expect(try await $one.remote().value == 1)
    }

    @Test func manyResourcesAtOnceAreRefused() async throws {
      let names = (0..<65).map { ("r\($0)", 1.0) }
      await expectRayError(.invalidArgument, "more than 64") {
        _ = try $one.options(resources: Dictionary(uniqueKeysWithValues: names)).remote()
      }
      #expect(try await $one.remote().value == 1)
    }

    @Test func aNegativeWaitIsRefused() async throws {
      await Ray.shutdown()
      await expectRayError(.invalidArgument, "infeasibleTimeout") {
        try await Ray.initialize(.init(infeasibleTimeout: .seconds(-1)))
      }
    }
  }
}
