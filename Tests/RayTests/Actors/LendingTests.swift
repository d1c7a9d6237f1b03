import Ray
import RayTesting
import Testing

@Remote private func leaf(_ x: Int) -> Int { x + 1 }

/// Needs the result of a task while it holds the only CPU.
@RemoteActor actor Borrower {
  private let first: Int
  init() async throws { first = try await $leaf.remote(0).value }
  func next(_ x: Int) async throws -> Int { try await $leaf.remote(x).value + first }
  func text(_ size: Int) -> String { String(repeating: "x", count: size) }
}

extension RayConformance {
  @Suite(.ray(cpus: 1)) struct Lending {
    @Test func aConstructorThatWaitsLendsItsCPU() async throws {
      #expect(try await Borrower.remote().next.remote(1).value == 3)
    }

    @Test(
      .embeddedOnly("Ray lends the CPU of an actor only while its main thread waits, and the calls of Swift actors interleave"))
    func aMethodThatWaitsLendsTheCPUItsActorHolds() async throws {
      let borrower = try Borrower.options(numCPUs: 1).remote()
      for x in 0..<5 { #expect(try await borrower.next.remote(x).value == x + 2) }
      // While nothing is called it keeps what it holds.
      #expect(try await Ray.availableResources()["CPU", default: 0] <= 0)
    }

    @Test func whatAnActorSaidArrivesThoughItEndsAtOnce() async throws {
      func submitAndDrop() throws -> [ObjectRef<String>] {
        let borrower = try Borrower.options(numCPUs: 0).remote()
        return try (0..<150).map { _ in try borrower.text.remote(90_000) }
      }
      let texts = try await Ray.get(try submitAndDrop())
      #expect(texts.allSatisfy { $0.count == 90_000 })
    }
  }
}
