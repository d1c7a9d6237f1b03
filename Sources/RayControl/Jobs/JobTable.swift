package import RayProtocol

/// The driver programs of a cluster, running and ended.
package struct JobTable: Sendable {
  package struct Job: Hashable, Sendable {
    package let id: JobID
    package let driver: WorkerID
    /// The command line, for people.
    package let entrypoint: String
    package let startedAt: Duration
    package fileprivate(set) var endedAt: Duration?
  }

  private var nextJob: UInt32 = 1
  package private(set) var jobs: [Job] = []
  /// Ended jobs beyond this number are forgotten, oldest first.
  private let endedCountMax: Int

  package init(endedCountMax: Int = 1000) { self.endedCountMax = endedCountMax }

  package mutating func jobStarted(driver: WorkerID, entrypoint: String, now: Duration) -> JobID {
    let id = JobID(nextJob)
    nextJob += 1
    jobs.append(Job(id: id, driver: driver, entrypoint: entrypoint, startedAt: now))
    return id
  }

  package mutating func driverLeft(_ driver: WorkerID, now: Duration) {
    for index in jobs.indices where jobs[index].driver == driver && jobs[index].endedAt == nil {
      jobs[index].endedAt = now
    }
    guard jobs.count(where: { $0.endedAt != nil }) > endedCountMax,
      let oldest = jobs.firstIndex(where: { $0.endedAt != nil })
    else { return }
    jobs.remove(at: oldest)
  }

  package func job(of driver: WorkerID) -> JobID? { jobs.last { $0.driver == driver }?.id }
}
