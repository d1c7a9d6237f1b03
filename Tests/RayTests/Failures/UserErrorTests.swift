import Ray
import RayTesting
import Testing

enum BankError: Error, Codable, Equatable {
  case tooPoor(missing: Int)
  case closed
}
private struct SecretError: Error, CustomStringConvertible { var description: String { "cannot be encoded" } }

@Remote private func withdraw(_ amount: Int) throws -> Int {
  if amount > 100 { throw BankError.tooPoor(missing: amount - 100) }
  return 100 - amount
}
@Remote private func withdrawLater(_ amount: Int) async throws -> Int {
  await Task.yield()
  return try withdraw(amount)
}
@Remote private func throwSecret() throws -> Int { throw SecretError() }
@Remote private func throwRayError() throws -> Int { throw RayError(.invalidArgument, "mine") }
@Remote private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Remote private func relay(_ amount: Int) async throws -> Int { try await $withdraw.remote(amount).value }
@Remote private func count(_ refs: [ObjectRef<Int>]) -> Int { refs.count }

private let relaySecretLine = #line + 1
@Remote private func relaySecret() async throws -> Int { try await $throwSecret.remote().value }
@Remote private func halve(_ x: Int) throws -> (Int, Int) {
  if x % 2 != 0 { throw SecretError() }
  return (x / 2, x / 2)
}
@Remote private func failingStream() -> AsyncThrowingStream<Int, any Error> {
  AsyncThrowingStream { $0.finish(throwing: SecretError()) }
}
@RemoteActor private final class Teller {
  func refuse(because reason: String) throws { throw RayError(.invalidArgument, reason) }
}

extension RayConformance {
  @Suite(.ray()) struct UserErrors {
    @Test func aCodableErrorIsRethrownAsItself() async throws {
      await #expect(throws: BankError.tooPoor(missing: 20)) { try await $withdraw.remote(120).value }
      await #expect(throws: BankError.tooPoor(missing: 20)) { try await $withdrawLater.remote(120).value }
    }

    @Test func theFailureTellsWhereItHappened() async throws {
      let failure = try #require(try await $withdraw.remote(120).failure)
      #expect(failure.code == .taskFailed)
      #expect(failure.details.function?.contains("withdraw") == true)
      #expect(failure.details.attempt == 1)
      #expect(failure.details.errorType?.contains("BankError") == true)
      #expect(failure.details.worker != nil)
      #expect(try await $withdraw.remote(1).failure == nil)
    }

    @Test func theFailureTellsWhereTheCallWasMade() async throws {
      let line = #line + 1
      let (call, named) = (try $withdraw.remote(120), try Ray.function(named: "throwSecret").remote())
      #expect(try await call.failure?.details.callSite == "RayTests/UserErrorTests.swift:\(line)")
      await expectRayError(.taskFailed, "from the call at RayTests/UserErrorTests.swift:\(line)") { _ = try await named.value }
      let parts = try $halve.split(3)
      #expect(try await parts.1.failure?.details.callSite == "RayTests/UserErrorTests.swift:\(#line - 1)")
      let stream = try $failingStream.remote()
      await expectRayError(.taskFailed, "from the call at RayTests/UserErrorTests.swift:\(#line - 1)") {
        for try await _ in stream {}
      }
      let teller = try Teller.remote()
      let refused = try teller.refuse.remote(because: "closed")
      #expect(try await refused.failure?.details.callSite == "RayTests/UserErrorTests.swift:\(#line - 1)")
    }

    /// The place where things went wrong, not the ones the news came through.
    @Test func anErrorThatCrossesCallsKeepsTheInnermostPlace() async throws {
      await expectRayError(.taskFailed, "from the call at RayTests/UserErrorTests.swift:\(relaySecretLine)") {
        _ = try await $relaySecret.remote().value
      }
    }

    @Test func anErrorOfUnknownTypeBecomesTaskFailed() async throws {
      let error = await expectRayError(.taskFailed, "cannot be encoded") { _ = try await $throwSecret.remote().value }
      #expect(error?.details.function?.contains("throwSecret") == true)
      #expect(error?.details.attempt == 1)
      #expect(error?.details.errorType?.contains("SecretError") == true)
    }

    @Test func aRayErrorStaysARayError() async throws {
      await expectRayError(.invalidArgument, "mine") { _ = try await $throwRayError.remote().value }
    }

    @Test func dependentsFailWithTheSameError() async throws {
      let bad = try $withdraw.remote(150)
      let dependent = try $add.remote(bad, 1)
      let second = try $add.remote(1, dependent)
      await #expect(throws: BankError.tooPoor(missing: 50)) { try await dependent.value }
      await #expect(throws: BankError.tooPoor(missing: 50)) { try await second.value }
    }

    @Test func aDependentOfAFailureThatIsAlreadyThereFailsToo() async throws {
      let bad = try $withdraw.remote(150)
      await #expect(throws: BankError.self) { try await bad.value }
      await #expect(throws: BankError.tooPoor(missing: 50)) { try await $add.remote(1, bad).value }
    }

    @Test func aFailedReferenceInsideAValueFailsOnlyWhoReadsIt() async throws {
      let bad = try $withdraw.remote(150)
      #expect(try await $count.remote([bad]).value == 1)
    }

    @Test func anErrorCrossesTwoCallsAsItself() async throws {
      await #expect(throws: BankError.tooPoor(missing: 1)) { try await $relay.remote(101).value }
    }

    @Test func aFailureIsThrownAtEveryReading() async throws {
      let bad = try $withdraw.remote(101)
      for _ in 0..<3 { await #expect(throws: BankError.self) { try await bad.value } }
    }

    @Test func aWorkerGoesOnAfterAnError() async throws {
      for amount in [200, 10, 300, 20] { _ = try? await $withdraw.remote(amount).value }
      #expect(try await $withdraw.remote(30).value == 70)
    }
  }
}
