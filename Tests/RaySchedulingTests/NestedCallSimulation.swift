internal import RayProtocol
internal import RayScheduling
internal import Testing

/// fib(n) = fib(n-1) + fib(n-2), every call remote: each process owns the calls its tasks make, leases workers for them,
/// and says `blocked` when all its tasks wait.
struct NestedCallSimulation {
  var node: LeaseFixture
  private var calls: [Call] = []
  private var processes: [WorkerID: Process] = [:]
  private var answer: Int?

  private struct Call {
    let n: Int
    let owner: WorkerID
    let parent: Int?
    var missing = 2
    var sum = 0
  }

  private struct Process {
    /// Owner side: calls that wait for a lease, and leases that run one.
    var waiting: [Int] = []
    /// Worker side.
    var leaseEventCount: UInt64 = 0
    var runnable: [(call: Int, lease: LeaseID?)] = []
    var suspended = 0
    var saysBlocked = false
  }

  init(cpuCount: Int) {
    node = LeaseFixture(["CPU": Double(cpuCount)])
    node.startPool()
    processes[LeaseFixture.driver] = Process()
    for number in 0..<cpuCount { processes[WorkerID(1000 + UInt64(number))] = Process() }
  }

  private var leaseOfCall: [Int: LeaseID] = [:]

  mutating func fibonacci(_ n: Int) -> Int? {
    submit(n, owner: LeaseFixture.driver, parent: nil)
    demand(LeaseFixture.driver)
    while answer == nil {
      guard let worker = processes.keys.sorted().first(where: { !processes[$0]!.runnable.isEmpty }) else { return nil }
      step(worker)
    }
    return answer
  }

  private mutating func submit(_ n: Int, owner: WorkerID, parent: Int?) {
    calls.append(Call(n: n, owner: owner, parent: parent))
    processes[owner]!.waiting.append(calls.count - 1)
  }

  private mutating func demand(_ client: WorkerID) {
    let held = leaseOfCall.keys.count { calls[$0].owner == client }
    node.demand(UInt32(held + processes[client]!.waiting.count), by: client)
    follow()
  }

  /// Carries out the node's actions: pushes a waiting call over each granted lease.
  private mutating func follow() {
    let actions = node.actions
    for action in actions {
      switch action {
      case .grant(let client, let grant):
        processes[grant.worker]!.leaseEventCount += 1
        guard !processes[client]!.waiting.isEmpty else {
          Issue.record("granted without need")
          continue
        }
        // The newest call first: depth before breadth, as a core worker does to bound its memory.
        let call = processes[client]!.waiting.removeLast()
        leaseOfCall[call] = grant.lease
        processes[grant.worker]!.runnable.append((call, grant.lease))
      case .leaseEnded(_, let worker): processes[worker]!.leaseEventCount += 1
      case .startWorker: Issue.record("a process was started")
      default: break
      }
    }
    reportBlocked()
  }

  private mutating func reportBlocked() {
    for worker in processes.keys.sorted() where worker != LeaseFixture.driver {
      let process = processes[worker]!
      guard process.runnable.isEmpty, process.suspended > 0, !process.saysBlocked else { continue }
      processes[worker]!.saysBlocked = true
      node.block(worker, seen: process.leaseEventCount)
      follow()
    }
  }

  /// Runs the newest runnable task of a process until it ends or waits.
  private mutating func step(_ worker: WorkerID) {
    if processes[worker]!.saysBlocked {
      processes[worker]!.saysBlocked = false
      node.unblock(worker)
      follow()
    }
    let (call, lease) = processes[worker]!.runnable.removeLast()
    if lease != nil, calls[call].n >= 2 {
      for less in 1...2 { submit(calls[call].n - less, owner: worker, parent: call) }
      processes[worker]!.suspended += 1
      demand(worker)
      return
    }
    finish(call, calls[call].n < 2 ? calls[call].n : calls[call].sum, on: worker)
  }

  private mutating func finish(_ call: Int, _ value: Int, on worker: WorkerID) {
    let owner = calls[call].owner
    let lease = leaseOfCall.removeValue(forKey: call)!
    let held = leaseOfCall.keys.count { calls[$0].owner == owner }
    node.demand(UInt32(held + processes[owner]!.waiting.count), by: owner)
    follow()
    node.giveBack(lease, by: owner)
    follow()
    guard let parent = calls[call].parent else {
      answer = value
      return
    }
    calls[parent].sum += value
    calls[parent].missing -= 1
    guard calls[parent].missing == 0 else { return }
    processes[owner]!.suspended -= 1
    processes[owner]!.runnable.append((parent, nil))
  }
}
