public import Ray

/// Starts Ray, runs `body`, stops Ray and proves that nothing was left behind: no worker process, no open descriptor, no
/// thread.
///
/// Remote functions and actors may be declared in the test target itself; workers are the test executable started again.
/// ```swift
/// @Remote func square(_ x: Int) -> Int { x * x }
/// @Test func squares() async throws {
///   let result = try await withRay(RayConfiguration(numCPUs: 2)) { try await $square.remote(7).value }
///   #expect(result == 49)
/// }
/// ```
/// A process runs one engine at a time, so concurrent uses take turns; give suites that use it `.serialized`, or their time
/// limits include the waiting.
///
/// Throws what `body` throws, or a ``RayLeak``. On a Ray cluster only the first is looked for.
public func withRay<Result>(
  _ configuration: RayConfiguration = .init(), _ body: () async throws -> Result
) async throws -> Result {
  try await EngineTurn.shared.during {
    await ProcessCensus.warmUp()
    let before = ProcessCensus()
    try await Ray.initialize(configuration)
    let isEmbedded = CurrentEngine.engine?.name == "embedded"
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    await Ray.shutdown()
    let value = try outcome.get()
    // A Ray cluster's client keeps threads and connections for the next start.
    if isEmbedded { try await before.proveNothingIsLeft() }
    return value
  }
}

/// What a test left behind.
public struct RayLeak: Error, CustomStringConvertible, Sendable {
  /// Worker processes that were alive, or not collected, when `Ray.shutdown()` had returned.
  public var workers: [String]
  /// Descriptors that were not open before.
  public var descriptors: [String]
  /// Threads that did not run before.
  public var threads: [String]

  public var description: String {
    let parts = [("worker processes", workers), ("descriptors", descriptors), ("threads", threads)]
    return "left behind: "
      + parts.filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}
