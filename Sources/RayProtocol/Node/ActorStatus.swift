/// Where an actor stands, as told to whoever watches it.
package struct ActorStatus: Hashable, Sendable {
  package var id: ActorID
  package var state: ActorState
  package var restartCount: UInt32
  package var className: String

  package init(id: ActorID, state: ActorState, restartCount: UInt32 = 0, className: String = "") {
    self.id = id
    self.state = state
    self.restartCount = restartCount
    self.className = className
  }
}

package enum ActorState: Hashable, Sendable {
  /// Waits for the arguments of its constructor.
  case dependenciesPending
  /// Waits for a process, or its constructor runs.
  case pending
  case alive(WorkerID)
  /// Its process died; another one is on its way.
  case restarting
  case dead(ActorDeathCause)
  /// It was never made: its creator asked for `getIfExists`, and this other actor had the name. Its handles mean that one.
  case standsFor(ActorID)
}

package enum ActorDeathCause: Hashable, Sendable {
  /// The constructor threw; the encoded error.
  case creationFailed([UInt8])
  /// Its process died and no restart was left.
  case workerDied(WorkerDeath)
  case killed
  /// It asked to end.
  case exited
  /// The last handle is gone.
  case released
  /// The process that created it, and owned it, is gone.
  case creatorDied
  /// No process could be started for it.
  case startFailed(String)
  case infeasible(ResourceShortage)
  /// Another live actor had its name.
  case nameTaken(String)
  /// The node has no memory of it.
  case unknown
}

/// How the registration of an actor ended.
package enum ActorRegistration: Hashable, Sendable {
  case created
  /// `getIfExists`: another one had the name.
  case existing(ActorID, className: String)
  case nameTaken
}

/// One line of the list of named actors.
package struct NamedActorEntry: Hashable, Sendable {
  package var id: ActorID
  package var name: String
  package var namespace: String
  package var className: String
  /// See ``ActorSpec``.
  package var taskRetryCountMax: Int32
  package var pendingCallCountMax: Int32

  package init(
    id: ActorID, name: String, namespace: String, className: String, taskRetryCountMax: Int32 = 0,
    pendingCallCountMax: Int32 = -1
  ) {
    self.id = id
    self.name = name
    self.namespace = namespace
    self.className = className
    self.taskRetryCountMax = taskRetryCountMax
    self.pendingCallCountMax = pendingCallCountMax
  }
}

extension ActorDeathCause: CustomStringConvertible {
  package var description: String {
    switch self {
    case .creationFailed: "its constructor threw"
    case .workerDied(let death): "\(death) and no restart was left"
    case .killed: "it was killed"
    case .exited: "it ended itself"
    case .released: "its last handle was released"
    case .creatorDied: "the process that created it is gone"
    case .startFailed(let reason): "no process could be started for it: \(reason)"
    case .infeasible(let shortage): "\(shortage)"
    case .nameTaken(let name): "another live actor has the name '\(name)'"
    case .unknown: "no such actor is known"
    }
  }
}
