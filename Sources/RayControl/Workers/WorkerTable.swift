package import RayProtocol

/// Every process of a node, living or dead, and why the dead ones died.
package struct WorkerTable: Sendable {
  package enum Role: Hashable, Sendable {
    case driver
    case worker
  }

  package struct Living: Sendable {
    package let role: Role
    package let processID: Int32
    package let startedAt: Duration
  }

  package struct Reply: Hashable, Sendable {
    package let client: WorkerID
    package let request: RequestID
    /// Nil: it lives, or nothing is known about it.
    package let death: WorkerDeath?

    package init(client: WorkerID, request: RequestID, death: WorkerDeath?) {
      self.client = client
      self.request = request
      self.death = death
    }
  }

  private struct Question: Sendable {
    let client: WorkerID
    let request: RequestID
    let subject: WorkerID
    /// Nil once the subject is suspected: then the answer comes with its end.
    var deadline: Duration?
  }

  /// A process that lives and whose connection to another one is gone.
  package struct Suspicion: Hashable, Sendable {
    package let subject: WorkerID
    package let client: WorkerID

    package init(subject: WorkerID, client: WorkerID) {
      self.subject = subject
      self.client = client
    }
  }

  /// How long an answer waits for the end of a process that looks dead to its peers and is not yet.
  private let patience: Duration
  private let deathCountMax: Int
  package private(set) var living: [WorkerID: Living] = [:]
  private var deaths: [WorkerID: WorkerDeath] = [:]
  /// Oldest first.
  private var deathOrder: [WorkerID] = []
  private var questions: [Question] = []

  package init(patience: Duration = .seconds(2), deathCountMax: Int = 4096) {
    self.patience = patience
    self.deathCountMax = deathCountMax
  }

  package mutating func processStarted(_ worker: WorkerID, role: Role, processID: Int32, now: Duration) {
    living[worker] = Living(role: role, processID: processID, startedAt: now)
  }

  package func isAlive(_ worker: WorkerID) -> Bool { living[worker] != nil }
  package func death(of worker: WorkerID) -> WorkerDeath? { deaths[worker] }

  /// Remembers the death and answers those who asked; questions of the dead itself are dropped.
  package mutating func processDied(_ death: WorkerDeath) -> [Reply] {
    living[death.worker] = nil
    if deaths.updateValue(death, forKey: death.worker) == nil { deathOrder.append(death.worker) }
    if deathOrder.count > deathCountMax {
      // In halves, so that forgetting costs nothing per death.
      for worker in deathOrder.prefix(deathCountMax / 2) { deaths[worker] = nil }
      deathOrder.removeFirst(deathCountMax / 2)
    }
    questions.removeAll { $0.client == death.worker }
    return takeQuestions { $0.subject == death.worker }
  }

  /// Answers at once when the process is dead or unknown, otherwise when it dies.
  package mutating func whyDied(
    _ subject: WorkerID, client: WorkerID, request: RequestID, now: Duration
  ) -> Reply? {
    guard deaths[subject] == nil, living[subject] != nil else {
      return Reply(client: client, request: request, death: deaths[subject])
    }
    questions.append(Question(client: client, request: request, subject: subject, deadline: now + patience))
    return nil
  }

  /// Processes that were asked about and did not die within the patience: each is named once.
  ///
  /// Peers take the end of a connection for the death of the process behind it. One that lives on must be ended, or the two
  /// would believe different things for ever.
  package mutating func timePassed(now: Duration) -> [Suspicion] {
    var suspicions: [Suspicion] = []
    for index in questions.indices {
      guard let deadline = questions[index].deadline, deadline <= now else { continue }
      questions[index].deadline = nil
      suspicions.append(Suspicion(subject: questions[index].subject, client: questions[index].client))
    }
    return suspicions
  }

  package var nextDeadline: Duration? { questions.compactMap(\.deadline).min() }

  private mutating func takeQuestions(_ isDue: (Question) -> Bool) -> [Reply] {
    guard !questions.isEmpty else { return [] }
    let due = questions.filter(isDue)
    questions.removeAll(where: isDue)
    return due.map { Reply(client: $0.client, request: $0.request, death: deaths[$0.subject]) }
  }
}
