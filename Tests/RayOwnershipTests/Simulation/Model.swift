internal import RayProtocol

/// What is true, kept beside the machines: which value every object must have and which errors are excusable.
final class Model {
  final class Object {
    let tag: UInt64
    let id: ObjectID
    let task: TaskModel?
    /// The references in the value, for each attempt that produced one.
    var outcomes: [[Handle]] = []
    /// Whether a process had the reference when it ended or lost a connection: others may have relied on it.
    var hasLostHolder = false
    init(tag: UInt64, id: ObjectID, task: TaskModel?) {
      self.tag = tag
      self.id = id
      self.task = task
    }
  }

  final class TaskModel {
    let number: UInt64
    let caller: WorkerID
    let parent: TaskModel?
    var arguments: [Argument] = []
    var resultCount = 1
    var results: [Object] = []
    var isStream = false
    var retries: Int32 = 0
    var retryThrown = false
    var isInfeasible = false
    /// It creates an actor under a name that somebody may have.
    var mayLoseName = false
    var actor: ActorID?
    /// Position among the calls of one process to one actor.
    var sequence = 0
    var startCount = 0
    var thrown: [String] = []
    var isCancelled = false
    var isCancelledRecursively = false
    init(number: UInt64, caller: WorkerID, parent: TaskModel?) {
      self.number = number
      self.caller = caller
      self.parent = parent
    }

    var hasLooseArguments: Bool {
      arguments.contains { argument in
        switch argument {
        case .value(_, let handles): handles.contains(where: \.isLoose)
        case .direct(_, let isLoose): isLoose
        }
      }
    }

    var mayBeCancelled: Bool { isCancelled || (parent?.isSubtreeCancelled ?? false) }
    private var isSubtreeCancelled: Bool { isCancelledRecursively || (parent?.isSubtreeCancelled ?? false) }
  }

  enum Argument {
    case value(tag: UInt64, handles: [Handle])
    /// Replaced by its value; a loose one makes what comes with it loose.
    case direct(Object, isLoose: Bool)
  }

  private(set) var objects: [ObjectID: Object] = [:]
  private(set) var tasks: [UInt64: TaskModel] = [:]
  private var nextNumber: UInt64 = 1
  /// Processes that ended, for whatever reason.
  private(set) var dead: Set<WorkerID> = []
  /// Processes that lost a connection while they lived: others took them for dead.
  var separated: Set<WorkerID> = []
  /// Ends that were nobody's plan.
  var crashCount = 0
  /// Actors whose process was ended, or that were ended, by whatever cause.
  var endedActors: Set<ActorID> = []
  private var sequences: [WorkerID: [ActorID: Int]] = [:]
  /// Per process that hosts an actor: the last call of each caller that started.
  private var started: [WorkerID: [Way: Int]] = [:]
  /// A caller and the handle it calls through: calls on one way start in order.
  private struct Way: Hashable {
    var caller: WorkerID
    var actor: ActorID
  }
  /// Whom handles made with `getIfExists` speak for, when somebody else was there first.
  var aliases: [ActorID: ActorID] = [:]
  private let report: (String) -> Void

  init(report: @escaping (String) -> Void) { self.report = report }

  func makeNumber() -> UInt64 {
    defer { nextNumber += 1 }
    return nextNumber
  }

  // MARK: Making

  func addObject(_ id: ObjectID, tag: UInt64, task: TaskModel? = nil) -> Object {
    let object = Object(tag: tag, id: id, task: task)
    if objects.updateValue(object, forKey: id) != nil { report("object \(id.short) was made twice") }
    return object
  }

  func addTask(caller: WorkerID, parent: TaskModel?) -> TaskModel {
    let task = TaskModel(number: makeNumber(), caller: caller, parent: parent)
    tasks[task.number] = task
    return task
  }

  func nextSequence(_ caller: WorkerID, _ actor: ActorID) -> Int {
    sequences[caller, default: [:]][actor, default: 0] += 1
    return sequences[caller]![actor]!
  }

  func processEnded(_ worker: WorkerID) { dead.insert(worker) }

  // MARK: Checks while running

  func started(_ task: TaskModel, on worker: WorkerID) {
    task.startCount += 1
    if task.retries == 0, task.startCount > 1 { report("task \(task.number) may run once and started \(task.startCount) times") }
    guard let actor = task.actor, !task.retryThrown else { return }
    let way = Way(caller: task.caller, actor: actor)
    let last = started[worker, default: [:]][way, default: 0]
    if task.sequence <= last { report("call \(task.sequence) of \(task.caller.short) started after its call \(last)") }
    started[worker, default: [:]][way] = task.sequence
  }

  /// A value was read, by a program or as an argument.
  func checkValue(_ bytes: UnsafeRawBufferPointer, of object: Object) -> SimulatedValue? {
    guard let value = SimulatedValue(bytes) else {
      report("the bytes of object \(object.id.short) are damaged")
      return nil
    }
    if value.tag != object.tag { report("object \(object.id.short) should be \(object.tag) and is \(value.tag)") }
    if !object.outcomes.contains(value.handles) { report("object \(object.id.short) has references nobody put in") }
    return value
  }

  func checkError(_ bytes: UnsafeRawBufferPointer, of object: Object) {
    guard let error = SimulatedError.decode(bytes) else { return report("an error of \(object.id.short) is damaged") }
    if !isExcusable(error, object, depth: 0) {
      report("object \(object.id.short), task \(object.task?.number ?? 0), failed without a reason: \(error)")
    }
  }

  private func isExcusable(_ error: RayError, _ object: Object, depth: Int) -> Bool {
    if isOwnFault(error, object) { return true }
    guard depth < 40, let task = object.task else { return false }
    for case .direct(let argument, _) in task.arguments where isExcusable(error, argument, depth: depth + 1) { return true }
    // An actor that was never created: its calls fail with what its arguments failed with.
    guard let actor = task.actor, let lifetime = objects[ObjectID(owner: actor.creator, index: actor.index)],
      lifetime !== object
    else { return false }
    return isExcusable(error, lifetime, depth: depth + 1)
  }

  private func isOwnFault(_ error: RayError, _ object: Object) -> Bool {
    switch error.code {
    case .taskFailed: object.task?.thrown.contains(error.message) ?? false
    case .taskCancelled: object.task?.mayBeCancelled ?? false
    case .infeasible: object.task?.isInfeasible ?? false
    case .ownerDied: isGone(object.id.owner)
    case .objectReleased: mayBeGone(object)
    case .workerCrashed, .workerStartFailed: crashCount > 0 && object.task != nil
    case .actorNameTaken: object.task?.mayLoseName ?? false
    case .actorDied, .actorUnavailable: object.task?.actor.map { endedActors.contains(aliases[$0] ?? $0) } ?? false
    default: false
    }
  }

  /// Whether the owner may have freed it under a reader's eyes: it ended, or those it counted did before it heard of the reader.
  /// What a value refers to may go with it.
  func mayBeGone(_ object: Object, depth: Int = 0) -> Bool {
    if isGone(object.id.owner) || object.hasLostHolder { return true }
    guard depth < 10 else { return false }
    return objects.values.contains { container in
      container.outcomes.contains { $0.contains { $0.id == object.id } } && mayBeGone(container, depth: depth + 1)
    }
  }

  /// For some of the others at least.
  private func isGone(_ worker: WorkerID) -> Bool { dead.contains(worker) || separated.contains(worker) }
}
