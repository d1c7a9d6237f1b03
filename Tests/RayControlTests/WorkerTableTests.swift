internal import RayControl
internal import RayProtocol
internal import Testing

@Suite struct WorkerTableTests {
  private let worker = WorkerID(10)
  private let client = WorkerID(1)
  private let death = WorkerDeath(worker: WorkerID(10), processID: 3, exit: .exited(code: 7), logTail: ["a", "b"])

  @Test func theQuestionWaitsForTheDeathAndIsAnsweredOnce() {
    var table = WorkerTable()
    table.processStarted(worker, role: .worker, processID: 3, now: .zero)
    let early = table.whyDied(worker, client: client, request: RequestID(5), now: .zero)
    #expect(early == nil)
    let replies = table.processDied(death)
    #expect(replies == [.init(client: client, request: RequestID(5), death: death)])
    let late = table.whyDied(worker, client: client, request: RequestID(6), now: .zero)
    #expect(late?.death == death)
    #expect(table.nextDeadline == nil)
  }

  @Test func aProcessThatLivesOnIsSuspectedOnceAfterAWhileAndAnsweredWithItsEnd() {
    var table = WorkerTable(patience: .seconds(2))
    table.processStarted(worker, role: .worker, processID: 3, now: .zero)
    _ = table.whyDied(worker, client: client, request: RequestID(5), now: .seconds(1))
    #expect(table.nextDeadline == .seconds(3))
    let early = table.timePassed(now: .seconds(2))
    #expect(early.isEmpty)
    let suspicions = table.timePassed(now: .seconds(3))
    #expect(suspicions == [.init(subject: worker, client: client)])
    #expect(table.nextDeadline == nil)
    let again = table.timePassed(now: .seconds(9))
    #expect(again.isEmpty)
    let replies = table.processDied(death)
    #expect(replies == [.init(client: client, request: RequestID(5), death: death)])
  }

  @Test func nobodyAnswersTheDead() {
    var table = WorkerTable()
    table.processStarted(worker, role: .worker, processID: 3, now: .zero)
    table.processStarted(client, role: .driver, processID: 4, now: .zero)
    _ = table.whyDied(worker, client: client, request: RequestID(5), now: .zero)
    _ = table.processDied(WorkerDeath(worker: client, processID: 4, exit: .unknown))
    let replies = table.processDied(death)
    #expect(replies.isEmpty)
  }

  @Test func strangersAreUnknownAtOnce() {
    var table = WorkerTable()
    let reply = table.whyDied(WorkerID(99), client: client, request: RequestID(5), now: .zero)
    #expect(reply == .init(client: client, request: RequestID(5), death: nil))
  }

  @Test func deathsAreForgottenWithinTheBound() {
    var table = WorkerTable(deathCountMax: 10)
    for number in UInt64(0)..<100 { _ = table.processDied(WorkerDeath(worker: WorkerID(number), processID: 1, exit: .unknown)) }
    let known = (UInt64(0)..<100).filter { table.death(of: WorkerID($0)) != nil }
    #expect(known.count <= 10)
    #expect(known.last == 99)
  }

  @Test func jobsEndWithTheirDriver() {
    var jobs = JobTable(endedCountMax: 2)
    let first = jobs.jobStarted(driver: client, entrypoint: "a.out", now: .zero)
    #expect(jobs.job(of: client) == first)
    jobs.driverLeft(client, now: .seconds(3))
    #expect(jobs.jobs.map(\.endedAt) == [.seconds(3)])
    for number in 0..<3 {
      _ = jobs.jobStarted(driver: WorkerID(50 + UInt64(number)), entrypoint: "b", now: .zero)
      jobs.driverLeft(WorkerID(50 + UInt64(number)), now: .zero)
    }
    #expect(jobs.jobs.count == 2)
  }
}
