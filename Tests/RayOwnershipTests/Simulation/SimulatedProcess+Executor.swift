internal import RayOwnership
internal import RayProtocol

extension SimulatedProcess {
  /// Something to run: a program that can go on, or a call that may start.
  var hasWork: Bool { executions.contains { !$0.isSuspended } || mayStartCall }

  private var mayStartCall: Bool {
    guard machine.hasRunnableCalls else { return false }
    guard let hosted else { return true }
    return hosted.isReady && executions.count < hosted.concurrencyMax
  }

  func runOneStep() {
    let ready = executions.filter { !$0.isSuspended }
    // A new call starts when the others are suspended or between their statements.
    if mayStartCall, ready.isEmpty || cluster.random.chance(isDriver ? 500 : 50) { return startCall() }
    guard let execution = cluster.random.pick(ready) else { return }
    if execution.isConstructor, execution.task == nil { return RandomProgram(execution: execution).begin(execution.call!) }
    RandomProgram(execution: execution).step()
  }

  private func startCall() {
    guard let call = machine.takeRunnableCall() else { return }
    progress.started(call.lease)
    let execution = Execution(call: call, process: self)
    executions.append(execution)
    RandomProgram(execution: execution).begin(call)
    if call.isCancelled { execution.cancel() }
  }

  /// The process forgets its global variables, or the actor its memory.
  func forgetKept() {
    let handles = kept
    kept = []
    for handle in handles { use { $0.release(handle.id) } }
  }
}
