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

private enum CrashKind: String, CaseIterable, Codable {
  case fatalError, index, unwrap, overflow, precondition
}

private struct Crashes {
  @inline(never) static func now(_ kind: CrashKind, _ numbers: [Int], _ nothing: Int?) -> Int {
    switch kind {
    case .fatalError: Swift.fatalError("nothing goes any more")
    case .index: numbers[numbers.count]
    case .unwrap: nothing!
    case .overflow: numbers[0] + Int.max
    case .precondition: { preconditionFailure("never called like this") }()
    }
  }
}

@Remote private func crashes(_ kind: CrashKind) -> Int {
  print("about to crash")
  return Crashes.now(kind, [1, 2, 3], nil)
}
@Remote private func crashesLater(_ kind: CrashKind) async -> Int {
  await Task.yield()
  return Crashes.now(kind, [1, 2, 3], nil)
}
@Remote private func crashesElsewhere() async -> Int {
  await withTaskGroup(of: Int.self) { group in
    group.addTask { await Task.detached { Crashes.now(.index, [], nil) }.value }
    return await group.reduce(0, +)
  }
}
@RemoteActor private final class Crasher {
  func crash() -> Int { Crashes.now(.unwrap, [], nil) }
}

/// A backtracer that never ends, in place of the toolchain's.
private final class StuckBacktracer: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/ray-stuck-XXXXXX\0".utf8)
    let descriptor = template.withUnsafeMutableBytes { mkstemp($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    try #require(descriptor >= 0)
    path = String(decoding: template.dropLast(), as: UTF8.self)
    let script = "#!/bin/sh\nexec sleep 1000\n"
    try #require(
      script.utf8.withContiguousStorageIfAvailable { write(descriptor, $0.baseAddress, $0.count) } == script.utf8.count)
    fchmod(descriptor, 0o700)
    close(descriptor)
  }

  deinit { unlink(path) }

  var environment: [String: String] { ["SWIFT_BACKTRACE": "enable=yes,interactive=no,swift-backtrace=\(path)"] }
}

extension RayConformance {
  @Suite(.ray(), .embeddedOnly("Ray does not tell how a worker crashed")) struct UserCrashes {
    @Test(arguments: CrashKind.allCases)
    private func aCrashShowsItsReasonAndWhereItHappened(_ kind: CrashKind) async throws {
      let error = await expectRayError(.workerCrashed) { _ = try await $crashes.options(maxRetries: 0).remote(kind).value }
      let details = try #require(error?.details)
      #expect(details.logTail.first == "about to crash")
      #expect(
        details.backtrace.contains { $0.contains("static Crashes.now") && $0.contains("CrashTests.swift") },
        "\(details.backtrace)")
      #expect(details.backtrace.contains { $0.contains("crashes") }, "\(details.backtrace)")
      let reasons: [CrashKind: String] = [
        .fatalError: "Fatal error: nothing goes any more", .index: "Index out of range",
        .unwrap: "Unexpectedly found nil", .overflow: "arithmetic overflow", .precondition: "never called like this",
      ]
      #expect(details.logTail.contains { $0.contains(reasons[kind]!) }, "\(details.logTail)")
    }

    @Test func crashesOfAsyncCodeAndOfOtherThreadsAreReported() async throws {
      for call in [$crashesLater.options(maxRetries: 0)] {
        let error = await expectRayError(.workerCrashed) { _ = try await call.remote(.fatalError).value }
        #expect(error?.details.backtrace.contains { $0.contains("static Crashes.now") } == true, "\(error!.details.logTail)")
      }
      let error = await expectRayError(.workerCrashed) { _ = try await $crashesElsewhere.options(maxRetries: 0).remote().value }
      #expect(error?.details.backtrace.contains { $0.contains("static Crashes.now") } == true, "\(error!.details.logTail)")
    }

    @Test func anActorThatCrashedSaysWhere() async throws {
      let crasher = try Crasher.remote()
      let first = try crasher.crash.remote()
      let error = await expectRayError(.actorDied) { _ = try await first.value }
      let cause = try #require(error?.cause as? RayError)
      #expect(cause.code == .workerCrashed)
      #expect(cause.details.backtrace.contains { $0.contains("static Crashes.now") }, "\(cause)")
    }
  }

  @Suite(.embeddedOnly("Ray does not tell how a worker crashed")) struct UserCrashesWithoutReport {
    /// The runtime waits for its backtracer; the worker does not let it wait for ever.
    @Test func aBacktracerThatHangsDelaysTheNewsOnly() async throws {
      let backtracer = try StuckBacktracer()
      let configuration = ConformanceEngine.current.configuration(cpus: 2, environment: backtracer.environment)
      try await withRay(configuration) {
        let error = await expectRayError(.workerCrashed, "SIGKILL") {
          _ = try await $crashes.options(maxRetries: 0).remote(.fatalError).value
        }
        #expect(error?.details.logTail.contains { $0.contains("nothing goes any more") } == true)
        #expect(error?.details.backtrace == [])
      }
    }
  }
}
