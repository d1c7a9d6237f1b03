internal import Ray

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What this process has at one moment: workers, descriptors, threads. Empty where there is no `/proc`.
package struct ProcessCensus: Sendable {
  /// Processes this process has started as workers, with their state; zombies too.
  package let workers: [Int32: String]
  /// Open descriptors and what they are.
  package let descriptors: [Int32: String]
  package let threads: [Int32: String]

  package init() {
    workers = ProcFiles.workers()
    descriptors = ProcFiles.descriptors()
    threads = ProcFiles.threads()
  }

  /// The runtime's own pool opens its descriptors with the first timer; that is nobody's leak.
  static func warmUp() async { try? await Task.sleep(for: .milliseconds(1)) }

  /// Throws a ``RayLeak`` when something is there that was not at the time of this census.
  ///
  /// Workers must be gone at once. Descriptors and threads get a moment: other tests of the same process use some too, for
  /// a while, and nothing tells when they are done.
  func proveNothingIsLeft() async throws {
    let lateWorkers = Self.added(ProcFiles.workers(), to: workers)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(5)
    while true {
      let now = ProcessCensus()
      let leak = RayLeak(
        workers: lateWorkers,
        descriptors: Self.added(Self.withoutKeptOnes(now.descriptors, before: descriptors), to: descriptors),
        threads: Self.added(now.threads, to: threads))
      if leak.workers.isEmpty, leak.descriptors.isEmpty, leak.threads.isEmpty { return }
      if !leak.workers.isEmpty || clock.now > deadline { throw leak }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// A stopped engine stays in memory for references that still name it, and with it its loop and its view of the store:
  /// these descriptors, and no more.
  private static let keptPerEngine = ["[eventpoll]": 2, "[eventfd]": 2, "swift-ray-store": 1]

  private static func withoutKeptOnes(_ now: [Int32: String], before: [Int32: String]) -> [Int32: String] {
    var result = now
    for (kind, count) in keptPerEngine {
      for (number, _) in now.filter({ before[$0.key] == nil && $0.value.contains(kind) }).prefix(count) {
        result[number] = nil
      }
    }
    return result
  }

  private static func added(_ now: [Int32: String], to before: [Int32: String]) -> [String] {
    now.filter { before[$0.key] == nil }.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
  }
}
