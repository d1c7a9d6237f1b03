import Ray
import RayTesting
import TestSupport
import Testing

/// The embedded engine has no Python workers, and says so.
@Suite(.serialized, .alone, .timeLimit(.minutes(1))) struct PythonOnTheEmbeddedEngine {
  @Test func remotePythonIsUnsupported() async throws {
    try await withRay(RayConfiguration(address: "local", numCPUs: 1)) {
      let function = try localError { try Python.function("math.sqrt").remote(2) }
      #expect(function.code == .unsupported)
      #expect(function.message.contains("math.sqrt") && function.message.contains("RAY_ADDRESS"))
      #expect(try localError { try Python.actorClass("m.C").remote() }.code == .unsupported)
    }
  }
}
