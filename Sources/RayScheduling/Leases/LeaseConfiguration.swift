internal import RayProtocol

/// The numbers a lease manager works with.
package struct LeaseConfiguration: Sendable {
  /// Processes kept ready, whatever is asked for.
  package var prestartCount: Int
  /// Idle processes above that number end after this time.
  package var idleTimeout: Duration = .seconds(1)
  /// Processes that are being started at a time; more would only compete for the cores.
  package var startingCountMax: Int
  /// Processes in all.
  package var workerCountMax: Int
  /// Leases at a time that ask for no resource at all: nothing else bounds them.
  package var freeLeaseCountMax: Int
  /// How long a demand waits before leases of others are called back.
  package var reclaimDelay: Duration = .milliseconds(10)
  /// How long a lease lasts at least before it is called back.
  package var leaseQuantum: Duration = .milliseconds(10)
  /// How long freed resources are saved up for a demand that needs several at once.
  package var reservationTimeout: Duration = .milliseconds(500)
  /// First pause after a process that failed to start; doubles up to ``startPauseMax``.
  package var startPause: Duration = .milliseconds(100)
  package var startPauseMax: Duration = .seconds(5)
  /// After so many failures in a row those who wait are told.
  package var startFailureCountMax = 3
  /// How long those wait who ask for more than there is, before they are told.
  package var infeasibleTimeout: Duration = .zero
  /// Processes are numbered from here on; the rest of the number tells this node from others.
  package var firstWorker: UInt64

  package init(cpuCount: Int, firstWorker: UInt64) {
    prestartCount = max(1, cpuCount)
    startingCountMax = max(4, 2 * cpuCount)
    workerCountMax = max(4096, 64 * cpuCount)
    freeLeaseCountMax = max(16, 4 * cpuCount)
    self.firstWorker = firstWorker
  }
}
