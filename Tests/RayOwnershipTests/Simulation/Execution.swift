internal import RayOwnership
internal import RayProtocol

/// A running call, a constructor, or one thread of the driver's program.
final class Execution {
  let call: ExecutionCall?
  unowned let process: SimulatedProcess
  let isConstructor: Bool
  var task: Model.TaskModel?
  /// References in local variables.
  var handles: [Handle] = []
  var streams: [Handle] = []
  var stepsLeft: Int
  var isCancelled = false
  /// An argument's value went with its owner; the call can only throw.
  var hasLostArgument = false
  var waiter: SimulatedWaiter?
  /// What to do when the waiter wakes.
  var resume: (() -> Void)?

  var isSuspended: Bool { waiter.map { !$0.isAwake } ?? false }

  init(call: ExecutionCall?, process: SimulatedProcess, isConstructor: Bool = false) {
    self.call = call
    self.process = process
    self.isConstructor = isConstructor
    stepsLeft = 1 + process.cluster.random.below(8)
  }

  /// Suspends when `register` finds something to wait for; `then` runs when it is there.
  func suspend(on ids: [ObjectID], _ register: (CoreMachine, ObjectWaiter) -> Bool, then: @escaping () -> Void) {
    let waiter = SimulatedWaiter(ids: ids)
    guard process.use({ register($0, waiter) }) else { return then() }
    self.waiter = waiter
    resume = then
  }

  func cancel() {
    isCancelled = true
    guard let waiter, !waiter.isAwake, !waiter.isFinished else { return }
    process.machine.abandon(waiter, ids: waiter.ids)
    waiter.isAwake = true
  }

  var name: String {
    if let task { return "task \(task.number)" }
    return isConstructor ? "constructor" : "thread"
  }
}

final class SimulatedWaiter: ObjectWaiter {
  let ids: [ObjectID]
  var isAwake = false
  init(ids: [ObjectID]) {
    self.ids = ids
    super.init()
  }
  override func wake() { isAwake = true }
}
