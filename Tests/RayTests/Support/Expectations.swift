import Ray
import Testing

/// Expects a `RayError` of that code and returns it.
@discardableResult
func expectRayError(
  _ code: RayError.Code, _ text: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async -> RayError? {
  do {
    try await body()
    Issue.record("nothing was thrown where \(code) was expected", sourceLocation: sourceLocation)
  } catch let error as RayError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    if let text { #expect("\(error)".contains(text), "\(error)", sourceLocation: sourceLocation) }
    return error
  } catch {
    Issue.record("\(type(of: error)) \(error) was thrown where \(code) was expected", sourceLocation: sourceLocation)
  }
  return nil
}

/// Expects that nobody ever runs what the call asks for, and that the embedded engine names the resource. On a cluster a node that
/// has it may still join, so calls wait there.
func expectInfeasible<Value: Sendable>(
  _ resource: String, sourceLocation: SourceLocation = #_sourceLocation, _ submit: () throws -> ObjectRef<Value>
) async throws {
  let ref = try submit()
  if ConformanceEngine.current == .embedded {
    await expectRayError(.infeasible, resource, sourceLocation: sourceLocation) { _ = try await ref.value }
  } else {
    #expect(try await Ray.wait([ref], timeout: .milliseconds(300)).ready.isEmpty, sourceLocation: sourceLocation)
  }
}

/// Numbers of a seed that tests print, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
