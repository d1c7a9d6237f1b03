internal import CRayShims
internal import RayEngine
internal import Synchronization

/// Runs whole programs on a Ray cluster.
package enum ClusterMain {
  private final class Outcome: Sendable { let status = Atomic<Int32>(-1) }

  /// Runs `main` on the calling thread, which also waits in Ray for what `main` awaits: results come without a change of
  /// threads. Returns the exit status.
  package static func runToEnd(_ engine: ClusterEngine, _ main: @escaping @Sendable () async throws -> Void) -> Int32 {
    let outcome = Outcome()
    let thread = ServingThread.forThisThread(lendsCPU: false) { requests in
      engine.block(on: requests.compactMap { $0 as? ReadyRequest }, milliseconds: Pump.servingSlice)
    }
    MainQueue.watch {}
    Task(executorPreference: thread) {
      do {
        try await main()
        outcome.status.store(0, ordering: .releasing)
      } catch {
        cray_complain("Error: \(error)\n")
        outcome.status.store(1, ordering: .releasing)
      }
      thread.wake()
    }
    thread.serve { outcome.status.load(ordering: .acquiring) >= 0 }
    CurrentEngine.uninstall()
    engine.stop()
    return outcome.status.load(ordering: .acquiring)
  }
}
