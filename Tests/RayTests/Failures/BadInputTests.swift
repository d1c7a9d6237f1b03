import Ray
import RayTesting
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Remote private func length(_ bytes: [UInt8]) -> Int { bytes.count }
@Remote private func zeros(_ n: Int) -> [UInt8] { [UInt8](repeating: 0, count: n) }
@Remote private func small(_ x: Int) -> Int { x }
@Remote private func both(_ n: Int) -> ([UInt8], [UInt8]) {
  ([UInt8](repeating: 1, count: 200_000), [UInt8](repeating: 2, count: n))
}

@RemoteActor actor ByteKeeper {
  private let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  func count() -> Int { bytes.count }
}

/// Writes nonsense into every socket of the process that runs it: those to the node and to other processes.
@Remote(maxRetries: 0) private func babble(_ bytes: [UInt8]) -> Int {
  for descriptor in 3..<Int32(200) {
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 else { continue }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
  return 1
}

extension RayConformance {
  @Suite(.ray(), .embeddedOnly("it speaks to the embedded engine's sockets and fills its store")) struct BadInput {
    /// The store of these tests has 256 MiB.
    private var tooMany: Int { 300 << 20 }

    @Test func anArgumentLargerThanTheStoreIsRefused() async throws {
      await expectRayError(.objectTooLarge, "objectStoreMemory") {
        _ = try await $length.remote([UInt8](repeating: 0, count: tooMany)).value
      }
      #expect(try await $small.remote(1).value == 1)
    }

    @Test func anActorsArgumentThatNoMessageCanCarryIsRefused() async throws {
      await expectRayError(.objectTooLarge, "Ray.put") { _ = try ByteKeeper.remote([UInt8](repeating: 0, count: 70 << 20)) }
      let keeper = try ByteKeeper.remote(try Ray.put([UInt8](repeating: 0, count: 70 << 20)))
      #expect(try await keeper.count.remote().value == 70 << 20)
    }

    @Test func aResultLargerThanTheStoreFailsTheCallAndNothingElse() async throws {
      await expectRayError(.objectTooLarge, "zeros") { _ = try await $zeros.remote(tooMany).value }
      #expect(try await $zeros.remote(1_000_000).value.count == 1_000_000)
    }

    @Test func aSplitResultOfWhichOnePartIsTooLargeFailsInAllItsParts() async throws {
      let (first, second) = try $both.split(tooMany)
      await expectRayError(.objectTooLarge) { _ = try await first.value }
      await expectRayError(.objectTooLarge) { _ = try await second.value }
    }

    @Test func aFullStoreTakesNewValuesWhenOldOnesAreDropped() async throws {
      // Twice what fits, each dropped before the next.
      for round in 0..<6 {
        let ref = try Ray.put([UInt8](repeating: UInt8(round), count: 100 << 20))
        let count = try await $length.remote(ref).value
        #expect(count == 100 << 20)
      }
    }

    @Test(arguments: [
      [0xff] as [UInt8], [0, 0, 0, 0, 99, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], [UInt8](repeating: 0xab, count: 500),
    ])
    func aProcessThatTalksNonsenseIsEndedAndSaysSo(_ bytes: [UInt8]) async throws {
      let counter = try Counter.remote()
      _ = try await counter.add.remote(1).value
      await expectRayError(.workerCrashed) { _ = try await $babble.remote(bytes + [UInt8](repeating: 0xff, count: 64)).value }
      // Everybody else goes on.
      #expect(try await counter.add.remote(1).value == 2)
      #expect(try await Ray.get(try (0..<20).map { try $small.remote($0) }) == Array(0..<20))
    }
  }
}
