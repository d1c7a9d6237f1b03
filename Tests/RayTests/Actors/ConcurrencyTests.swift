import Ray
import RayTesting
import Testing

@RemoteActor actor Meeting {
  private var present = 0
  private var most = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []
  init() {}

  /// Returns when so many calls are inside at once.
  func meet(_ count: Int) async -> Int {
    present += 1
    most = max(most, present)
    if present == count {
      for continuation in waiting { continuation.resume() }
      waiting = []
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
    present -= 1
    return most
  }
}

@RemoteActor final class Turnstile {
  private var inside = 0
  private var most = 0
  init() {}
  func pass() async -> Int {
    inside += 1
    most = max(most, inside)
    for _ in 0..<10 { await Task.yield() }
    inside -= 1
    return most
  }
  func callMyself(_ me: ActorHandle<Turnstile>) async throws -> Int { try await me.pass.remote().value }
}

@RemoteActor final class Plain {
  private var inside = 0
  private var overlapped = false
  init() {}
  func work() -> Bool {
    inside += 1
    if inside > 1 { overlapped = true }
    // Long enough for another thread to come.
    for _ in 0..<2000 where inside > 1 { overlapped = true }
    inside -= 1
    return overlapped
  }
}

extension RayConformance {
  @Suite(.ray(cpus: 4)) struct ActorConcurrency {
    @Test func callsOfASwiftActorInterleave() async throws {
      let meeting = try Meeting.remote()
      let refs = try (0..<10).map { _ in try meeting.meet.remote(10) }
      #expect(try await Ray.get(refs).allSatisfy { $0 == 10 })
    }

    @Test func asyncMethodsOfAClassInterleaveOnOneThread() async throws {
      let turnstile = try Turnstile.remote()
      let refs = try (0..<50).map { _ in try turnstile.pass.remote() }
      #expect(try await Ray.get(refs).max()! > 1)
    }

    @Test(arguments: [1, 3]) func maxConcurrencyBoundsWhatIsActive(_ limit: Int) async throws {
      let turnstile = try Turnstile.options(maxConcurrency: limit).remote()
      let refs = try (0..<50).map { _ in try turnstile.pass.remote() }
      #expect(try await Ray.get(refs).max()! <= limit)
    }

    @Test(arguments: [nil, 8]) func aClassWithoutAsyncMethodsNeverOverlaps(_ limit: Int?) async throws {
      let plain = try limit.map { try Plain.options(maxConcurrency: $0).remote() } ?? Plain.remote()
      let refs = try (0..<200).map { _ in try plain.work.remote() }
      #expect(try await Ray.get(refs).contains(true) == false)
    }

    @Test func anActorMayCallItself() async throws {
      let turnstile = try Turnstile.remote()
      #expect(try await turnstile.callMyself.remote(turnstile).value >= 1)
    }

    @Test func tooManyPendingCallsAreRefused() async throws {
      let meeting = try Meeting.options(maxPendingCalls: 3).remote()
      let refs = try (0..<3).map { _ in try meeting.meet.remote(3) }
      _ = try await Ray.get(refs)
      let more = try (0..<3).map { _ in try meeting.meet.remote(4) }
      await expectRayError(.pendingCallsLimitExceeded, "3") { _ = try meeting.meet.remote(4) }
      try await meeting.kill()
      for ref in more { await expectRayError(.actorDied) { _ = try await ref.value } }
    }
  }
}
