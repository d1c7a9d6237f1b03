import Ray
import RayTesting
import Testing

@Remote private func fib(_ n: Int) async throws -> Int {
  if n < 2 { return n }
  let a = try $fib.remote(n - 1)
  let b = try $fib.remote(n - 2)
  return try await a.value + b.value
}
@Remote private func depth(_ n: Int) async throws -> Int { n == 0 ? 0 : try await $depth.remote(n - 1).value + 1 }
@Remote private func detachedDepth(_ n: Int) async throws -> Int {
  n == 0 ? 0 : try await Task.detached { try await $detachedDepth.remote(n - 1).value + 1 }.value
}
@Remote private func process(_ i: Int) -> Int32 { ownProcessIdentifier }
@Remote private func fanOut(_ n: Int) async throws -> [Int32] { try await Ray.get(try (0..<n).map { try $process.remote($0) }) }
@Remote private func blocked(on latch: String, announcing started: String) -> Int {
  Latch.signal(started)
  Latch.block(on: latch)
  return 1
}
@Remote private func quick(_ x: Int) -> Int { x }

extension RayConformance {
  @Suite(.ray(cpus: 2)) struct Nesting {
    @Test(arguments: [1, 8, 12]) func fibonacciByRemoteCalls(_ n: Int) async throws {
      let expected = [1: 1, 8: 21, 12: 144]
      #expect(try await $fib.remote(n).value == expected[n])
    }

    @Test func manyLevelsDoNotDeadlock() async throws {
      // Ray keeps a process for each suspended level, and starts one in about half a second.
      let levels = ConformanceEngine.current == .embedded ? 100 : 16
      #expect(try await $depth.remote(levels).value == levels)
    }

    @Test func detachedTasksThatWaitHoldNoCPU() async throws { #expect(try await $detachedDepth.remote(4).value == 4) }

    @Test func nestedCallsDoNotMultiplyProcesses() async throws {
      async let a = $fib.remote(10).value
      let levels = ConformanceEngine.current == .embedded ? 50 : 5
      async let b = $depth.remote(levels).value
      async let c = $fanOut.remote(100).value
      let (x, y, processes) = try await (a, b, c)
      #expect(x == 55 && y == levels)
      let cpus = try await Ray.clusterResources()["CPU", default: 0]
      #expect(Double(Set(processes).count) <= cpus + 1)
    }

    /// Events, not times: the short calls end while the long one is known to run.
    @Test(arguments: [10, 500]) func aLongCallNeverDelaysShortOnesWhileAWorkerIdles(_ count: Int) async throws {
      let (latch, started) = (try Latch(), try Latch())
      // The engine has seen the function being short before it becomes long.
      _ = try await Ray.get(try (0..<50).map { try $quick.remote($0) })
      let long = try $blocked.remote(on: latch.path, announcing: started.path)
      let early = try (0..<count).map { try $quick.remote($0) }
      try await started.signalled()
      let late = try (0..<count).map { try $quick.remote($0) }
      #expect(try await Ray.get(early) == Array(0..<count))
      #expect(try await Ray.get(late) == Array(0..<count))
      #expect(!long.isReady)
      latch.signal()
      #expect(try await long.value == 1)
    }
  }
}
