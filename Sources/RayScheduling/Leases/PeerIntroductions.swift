internal import RayProtocol

/// Which processes were connected to which.
struct PeerIntroductions: Sendable {
  private var neighbours: [WorkerID: Set<WorkerID>] = [:]

  /// A process needs no connection to itself.
  func areIntroduced(_ a: WorkerID, _ b: WorkerID) -> Bool {
    a == b || neighbours[a]?.contains(b) == true
  }

  /// False when they were introduced before.
  mutating func introduce(_ a: WorkerID, _ b: WorkerID) -> Bool {
    guard a != b, neighbours[a, default: []].insert(b).inserted else { return false }
    neighbours[b, default: []].insert(a)
    return true
  }

  mutating func remove(_ worker: WorkerID) {
    guard let others = neighbours.removeValue(forKey: worker) else { return }
    for other in others { neighbours[other]?.remove(worker) }
  }

  /// Everybody who appears in an introduction, for checks.
  var members: some Sequence<WorkerID> { neighbours.keys }
}
