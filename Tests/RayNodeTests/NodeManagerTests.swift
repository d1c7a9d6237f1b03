internal import RayNode
internal import RayProtocol
internal import RayTransport
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ProcessTests {
  @Suite struct NodeManagerTests {
    @Test func aWorkerThatLivesThoughItsPeerLostItIsEnded() async throws {
      try await withDriver(TestDriver.configuration { $0.peerLossGrace = .milliseconds(20) }) { driver in
        let grant = try await driver.lease()
        let death = try await driver.whyDied(grant.worker)
        #expect(death?.exit.description.contains("broke") == true, "\(String(describing: death))")
      }
    }

    @Test func anAccusedWorkerIsEndedAtOnceWithTheReason() async throws {
      try await withDriver { driver in
        let grant = try await driver.lease()
        driver.send(.accuse(grant.worker, reason: "it talks nonsense"))
        let death = try await driver.whyDied(grant.worker)
        #expect(death?.exit == .protocolViolation("it talks nonsense"))
      }
    }

    @Test func aDriverIsWelcomedAndWorkersAreReadyAheadOfDemand() async throws {
      try await withDriver { driver in
        let welcome = try await driver.event { if case .welcome(let welcome) = $0 { welcome } else { nil } }
        #expect(welcome.worker == driver.node.driverID)
        #expect(welcome.node == driver.node.id)
        #expect(welcome.storeByteCount > 0)
        try await driver.idle(2)
      }
    }

    @Test func aGrantedWorkerIsConnectedAndAnswers() async throws {
      try await withDriver { driver in
        let grant = try await driver.lease()
        let answer = try await driver.command(grant.worker, "echo hello there")
        #expect(answer == "hello there")
        driver.demand(0)
        driver.send(.returnLease(grant.lease))
        try await driver.idle(2)
      }
    }

    @Test func leasesFollowTheResources() async throws {
      try await withDriver { driver in
        driver.demand(10)
        let first = try await driver.grant()
        let second = try await driver.grant()
        #expect(first.worker != second.worker)
        driver.send(.resources(RequestID(5)))
        let (total, available) = try await driver.event {
          if case .resources(RequestID(5), let total, let available) = $0 { (total, available) } else { nil }
        }
        #expect(total[ResourceSet.cpu] == 2 * ResourceSet.unit)
        #expect(available[ResourceSet.cpu] == 0)
        driver.send(.returnLease(first.lease))
        let next = try await driver.grant().lease
        #expect(next != first.lease)
      }
    }

    @Test func devicesArriveAtTheWorker() async throws {
      let configuration = TestDriver.configuration {
        $0.resources = ResourceSet(["CPU": 2, "GPU": 2])
        $0.gpuIndices = [3, 5]
      }
      try await withDriver(configuration) { driver in
        let grant = try await driver.lease(["CPU": 1, "GPU": 2])
        #expect(grant.assigned.gpus.map(\.index) == [3, 5])
        let answer = try await driver.command(grant.worker, "gpus")
        #expect(answer == "3,5")
      }
    }

    @Test func infeasibleDemandsAreExplained() async throws {
      try await withDriver { driver in
        driver.demand(1, ["CPU": 3])
        let shortage = try await driver.event { if case .infeasible(_, let shortage) = $0 { shortage } else { nil } }
        #expect("\(shortage)" == "no node has 3.0 of resource 'CPU': the largest total is 2.0")
      }
    }

    @Test func aBlockedWorkerRunsItsOwnNestedCalls() async throws {
      try await withDriver(TestDriver.configuration(cpus: 1)) { driver in
        let grant = try await driver.lease()
        let answer = try await driver.command(grant.worker, "demand 1")
        #expect(answer == "done")
        let blocked = try await driver.command(grant.worker, "block")
        #expect(blocked == "done")
        while try await driver.command(grant.worker, "grants") != grant.worker.description { await Task.yield() }
        let census = try #require(driver.node.census())
        #expect(census.processCount == 1)
        #expect(census.leaseCount == 2)
      }
    }

    @Test func aStarvingDriverGetsALeaseBack() async throws {
      try await withDriver { driver in
        driver.demand(100)
        let held = try await driver.grant()
        _ = try await driver.grant()
        let other = try TestDriver(joining: driver)
        defer { other.stop() }
        other.demand(1)
        let reclaimed = try await driver.event { if case .leaseReclaimRequested(let lease) = $0 { lease } else { nil } }
        driver.send(.returnLease(reclaimed))
        let grant = try await other.grant()
        let answer = try await other.command(grant.worker, "echo hi")
        #expect(answer == "hi")
        _ = held
      }
    }

    @Test func environmentsReachTheirProcesses() async throws {
      try await withDriver { driver in
        let id = RuntimeEnvironmentID(12)
        driver.send(.defineEnvironment(id, [.init(name: "FRUIT", value: "a=pear")]))
        let grant = try await driver.lease(environment: id)
        let answer = try await driver.command(grant.worker, "environment FRUIT")
        #expect(answer == "a=pear")
        driver.demand(1, class: 2, environment: .init(13))
        let reason = try await driver.event { if case .demandFailed(_, let reason) = $0 { reason } else { nil } }
        #expect(reason.contains("never defined"))
      }
    }

    // MARK: Bad clients

    @Test func aWorkerThatSendsNonsenseEndsAndNobodyElse() async throws {
      try await withDriver { driver in
        driver.demand(2)
        let (bad, good) = (try await driver.grant(), try await driver.grant())
        try driver.order(bad.worker, "garbage")
        let death = try await driver.event { if case .leaseRevoked(bad.lease, let death) = $0 { death } else { nil } }
        guard case .protocolViolation = death.exit else {
          Issue.record("\(death)")
          return
        }
        let answer = try await driver.command(good.worker, "echo alive")
        #expect(answer == "alive")
      }
    }

    @Test func aDriverThatSendsNonsenseIsCutOff() async throws {
      try await withDriver { driver in
        let other = try TestDriver(joining: driver)
        defer { other.stop() }
        try other.sendFrame(kind: 111)
        _ = try await other.closed()
        let worker = try await driver.lease().worker
        #expect(worker != other.id)
      }
    }

    @Test func foreignActorsCannotBeCreatedInSomebodysName() async throws {
      try await withDriver { driver in
        let other = try TestDriver(joining: driver)
        defer { other.stop() }
        let foreign = ActorSpec(id: ActorID(creator: driver.id, index: 1), className: "Counter")
        other.send(.createActor(RequestID(1), foreign))
        _ = try await other.closed()
      }
    }

    @Test func nobodySpeaksBeforeHello() async throws {
      try await withDriver { driver in
        let socket = try driver.node.connectDriver()
        let frame: [UInt8] = [0, 0, 0, 0, NodeFrameKind.unblocked.rawValue] + [UInt8](repeating: 0, count: 11)
        let descriptor = socket.release()
        defer { close(descriptor) }
        let written = write(descriptor, frame, 16)
        #expect(written == 16)
        var byte: UInt8 = 0
        _ = fcntl(descriptor, F_SETFL, 0)
        let count = read(descriptor, &byte, 1)
        #expect(count == 0, "the node closes the connection")
      }
    }
  }
}

extension TestDriver {
  /// Waits until so many workers are idle. The census is an event of the node's own, so this does not poll in the dark.
  func idle(_ count: Int) async throws {
    while node.census()?.idleCount != count { await Task.yield() }
  }
}
