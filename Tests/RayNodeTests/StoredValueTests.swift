internal import RayNode
internal import RayProtocol
internal import Testing

extension ProcessTests {
  /// What processes had stored when they died.
  @Suite struct StoredValueTests {
    private func store(_ driver: TestDriver, on worker: WorkerID, for owner: WorkerID) async throws -> [UInt8] {
      let answer = try await driver.command(worker, "store \(owner.rawValue)")
      return answer.split(separator: " ").compactMap { UInt8($0) }
    }

    private func end(_ driver: TestDriver, _ worker: WorkerID) async throws {
      try driver.order(worker, "signal 9")
      _ = try await driver.whyDied(worker)
    }

    @Test func valuesForALivingOwnerStayAndThoseItNeverHeardOfGo() async throws {
      try await withDriver { driver in
        let worker = try await driver.lease().worker
        let known = try await store(driver, on: worker, for: driver.id)
        let unknown = try await store(driver, on: worker, for: driver.id)
        #expect(known.count == 32 && unknown.count == 32)
        _ = try await driver.command(worker, "reserve 3000000")
        try await end(driver, worker)
        _ = try await driver.event { if case .inherited(worker) = $0 { true } else { nil } }
        // The half-written one is gone by itself.
        #expect(driver.node.census()?.storedByteCount == 2_000_000)
        driver.send(.keepStored(creator: worker, known))
        driver.send(.resources(RequestID(1)))
        _ = try await driver.event { if case .resources = $0 { true } else { nil } }
        #expect(driver.node.census()?.storedByteCount == 1_000_000)
        driver.send(.freeStored(known))
        driver.send(.resources(RequestID(2)))
        _ = try await driver.event { if case .resources = $0 { true } else { nil } }
        #expect(driver.node.census()?.storedByteCount == 0)
      }
    }

    @Test func aProcessTakesItsOwnValuesWithIt() async throws {
      try await withDriver { driver in
        let worker = try await driver.lease().worker
        _ = try await store(driver, on: worker, for: worker)
        try await end(driver, worker)
        #expect(driver.node.census()?.storedByteCount == 0)
        #expect(!driver.hasEvent { if case .inherited = $0 { true } else { false } })
      }
    }

    @Test func valuesOfADeadProcessGoWithTheirOwner() async throws {
      try await withDriver { driver in
        driver.demand(2)
        let creator = try await driver.grant().worker
        let owner = try await driver.grant().worker
        _ = try await store(driver, on: creator, for: owner)
        try await end(driver, creator)
        #expect(driver.node.census()?.storedByteCount == 1_000_000)
        try await end(driver, owner)
        #expect(driver.node.census()?.storedByteCount == 0)
      }
    }

    @Test func nobodyKeepsWithMalformedDescriptors() async throws {
      try await withDriver { driver in
        let second = try TestDriver(joining: driver)
        second.send(.keepStored(creator: WorkerID(1), [1, 2, 3]))
        _ = try await second.closed()
        second.stop()
      }
    }
  }
}
