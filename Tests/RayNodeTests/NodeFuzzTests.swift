internal import RayNode
internal import RayProtocol
internal import RayTransport
internal import TestSupport
internal import Testing

extension ProcessTests {
  /// A living node and a client that sends damaged messages: the client is cut off, the node serves the others.
  @Suite(.timeLimit(.minutes(10))) struct NodeFuzzTests {
    @Test func aClientThatSendsDamagedMessagesHarmsNobodyElse() async throws {
      let requests = NodeMessageTests.requests.map { request in NodeBytes.frame { request.append(to: $0) } }
      try await Fuzzing.forEachSeed { seed in
        var generator = FuzzGenerator(seed: seed)
        try await withDriver { driver in
          for _ in 0..<10 {
            let hostile = try TestDriver(joining: driver)
            defer { hostile.stop() }
            for _ in 0..<200 { hostile.sendBytes(NodeBytes.damaged(using: &generator, from: requests)) }
            // No request has this kind: who is not cut off yet is now.
            hostile.sendBytes(NodeBytes.frame { $0.frame(255, body: .init(start: nil, count: 0)) })
            _ = try await hostile.closed()
          }
          let grant = try await driver.lease()
          let answer = try await driver.command(grant.worker, "echo still here")
          #expect(answer == "still here", "RAY_FUZZ_SEED=\(seed)")
        }
      }
    }
  }
}
