package import Testing

/// Lets a suite have the process for itself as long as it runs, as far as other suites with this trait go.
///
/// `swift test` links the tests of all targets into one program, and some of them count its descriptors, threads or children.
/// The turn is taken for the whole suite, so that no test's time limit includes the wait.
package struct AloneTrait: SuiteTrait, TestScoping {
  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    await Turn.shared.take()
    defer { Turn.shared.pass() }
    try await function()
  }
}

extension Trait where Self == AloneTrait {
  package static var alone: Self { AloneTrait() }
}
