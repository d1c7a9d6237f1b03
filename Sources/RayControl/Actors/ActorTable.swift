package import RayProtocol

/// All actors of a cluster: where they are in their lives, what they are called, who watches them.
///
/// A value without clock or I/O: events in, actions out. The life of an actor:
///
///     dependenciesPending -> pending -> alive <-> restarting -> dead
///
/// A constructor that throws, an intended exit, a kill and the end of the creator are final; a crash is not, as long as
/// restarts are left.
package struct ActorTable: Sendable {
  package struct Configuration: Sendable {
    /// Pause before the second attempt when the process dies before the actor lives; doubles up to ``restartPauseMax``.
    package var restartPause: Duration = .milliseconds(100)
    package var restartPauseMax: Duration = .seconds(5)
    /// So many dead actors are remembered for those who ask late.
    package var tombstoneCountMax = 65_536
    package init() {}
  }

  struct Record: Sendable {
    var spec: ActorSpec
    var state: ActorState
    var restartCount: UInt32 = 0
    /// The process it was given, from `placed` until that process is gone.
    var host: WorkerID?
    var watchers: [WorkerID]
    /// Processes that died in a row before the actor lived.
    var failedStartCount = 0
    var isReleased = false
    /// A kill that allows a restart was asked for: the next death is no crash.
    var wasKilled = false
  }

  struct NameKey: Hashable, Sendable {
    var namespace: String
    var name: String
  }

  /// The name that a creator gave an actor which was there already; see ``ActorState/standsFor(_:)``.
  struct StandIn: Sendable {
    var status: ActorStatus
    var watchers: [WorkerID]
  }

  let configuration: Configuration
  var records: [ActorID: Record] = [:]
  var names: [NameKey: ActorID] = [:]
  /// Which actor a process runs, also while that actor is dead and the process not yet.
  var hosted: [WorkerID: ActorID] = [:]
  /// Handles may travel faster than the registration of their actor.
  var earlyWatchers: [ActorID: [WorkerID]] = [:]
  var standIns: [ActorID: StandIn] = [:]
  private var tombstones: [ActorID: ActorStatus] = [:]
  /// Oldest first from `tombstoneStart` on.
  private var tombstoneOrder: [ActorID] = []
  private var tombstoneStart = 0

  package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  /// Nil for an actor that nobody has heard of.
  package func status(of actor: ActorID) -> ActorStatus? {
    if let record = records[actor] {
      return ActorStatus(
        id: actor, state: record.state, restartCount: record.restartCount, className: record.spec.className)
    }
    return standIns[actor]?.status ?? tombstones[actor]
  }

  package func actor(named name: String, namespace: String) -> NamedActorEntry? {
    names[NameKey(namespace: namespace, name: name)].flatMap(entry)
  }

  /// Sorted by namespace and name; nil lists every namespace.
  package func namedActors(in namespace: String?) -> [NamedActorEntry] {
    names.filter { namespace == nil || $0.key.namespace == namespace }.values.compactMap(entry)
      .sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
  }

  private func entry(_ actor: ActorID) -> NamedActorEntry? {
    guard let record = records[actor], let name = record.spec.name else { return nil }
    return NamedActorEntry(
      id: actor, name: name, namespace: record.spec.namespace, className: record.spec.className,
      taskRetryCountMax: record.spec.taskRetryCountMax, pendingCallCountMax: record.spec.pendingCallCountMax)
  }

  package var liveCount: Int { records.count }
  package var standInCount: Int { standIns.count }

  // MARK: Telling

  func publish(_ actor: ActorID, actions: inout [ActorAction]) {
    guard let status = status(of: actor) else { return }
    for watcher in records[actor]?.watchers ?? [] { actions.append(.publish(status, to: watcher)) }
  }

  /// The end: tells everybody, frees the name, forgets the constructor's arguments.
  mutating func die(_ actor: ActorID, _ cause: ActorDeathCause, actions: inout [ActorAction]) {
    guard let record = records[actor] else { return }
    records[actor]!.state = .dead(cause)
    publish(actor, actions: &actions)
    if let name = record.spec.name { names[NameKey(namespace: record.spec.namespace, name: name)] = nil }
    let status = ActorStatus(
      id: actor, state: .dead(cause), restartCount: record.restartCount, className: record.spec.className)
    records[actor] = nil
    bury(status)
  }

  /// The end of one that never had a record.
  mutating func end(
    _ actor: ActorID, _ cause: ActorDeathCause, className: String = "", watchers: [WorkerID], actions: inout [ActorAction]
  ) {
    let status = ActorStatus(id: actor, state: .dead(cause), className: className)
    for watcher in watchers { actions.append(.publish(status, to: watcher)) }
    bury(status)
  }

  mutating func bury(_ status: ActorStatus) {
    guard tombstones.updateValue(status, forKey: status.id) == nil else { return }
    tombstoneOrder.append(status.id)
    guard tombstones.count > configuration.tombstoneCountMax else { return }
    tombstones[tombstoneOrder[tombstoneStart]] = nil
    tombstoneStart += 1
    if tombstoneStart * 2 > tombstoneOrder.count {
      tombstoneOrder.removeFirst(tombstoneStart)
      tombstoneStart = 0
    }
  }
}
