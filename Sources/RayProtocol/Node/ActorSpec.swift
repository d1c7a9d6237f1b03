/// All it takes to start an actor, the first time and after each crash.
package struct ActorSpec: Hashable, Sendable {
  package var id: ActorID
  package var className: String
  /// Nil for an actor that is known by its handles only.
  package var name: String?
  package var namespace: String
  /// Needed while the constructor runs.
  package var placementResources: ResourceSet
  /// Kept for the actor's life.
  package var heldResources: ResourceSet
  package var strategy: LeaseStrategy
  package var environment: RuntimeEnvironmentID
  /// -1 for ever.
  package var restartCountMax: Int32
  /// Lives until it is killed, whatever happens to its creator and its handles.
  package var isDetached: Bool
  /// When the name is taken, answer with its holder.
  package var getIfExists: Bool
  /// False while the creator still waits for arguments: the name is taken at once, the start follows `actorReady`.
  package var isReady: Bool
  /// Calls that may be active at once; 0 = what the class suggests.
  package var concurrencyMax: Int32
  /// What handles that are found by name do: repeat calls so often (-1 for ever), have so many unfinished (-1 any number).
  package var taskRetryCountMax: Int32
  package var pendingCallCountMax: Int32
  /// The encoded constructor call; opaque to the node.
  package var creation: [UInt8]

  package init(
    id: ActorID, className: String, name: String? = nil, namespace: String = "",
    placementResources: ResourceSet = .init(),
    heldResources: ResourceSet = .init(), strategy: LeaseStrategy = .hybrid,
    environment: RuntimeEnvironmentID = .inherited,
    restartCountMax: Int32 = 0, isDetached: Bool = false, getIfExists: Bool = false,
    isReady: Bool = true, concurrencyMax: Int32 = 0, taskRetryCountMax: Int32 = 0, pendingCallCountMax: Int32 = -1,
    creation: [UInt8] = []
  ) {
    self.id = id
    self.className = className
    self.name = name
    self.namespace = namespace
    self.placementResources = placementResources
    self.heldResources = heldResources
    self.strategy = strategy
    self.environment = environment
    self.restartCountMax = restartCountMax
    self.isDetached = isDetached
    self.getIfExists = getIfExists
    self.isReady = isReady
    self.concurrencyMax = concurrencyMax
    self.taskRetryCountMax = taskRetryCountMax
    self.pendingCallCountMax = pendingCallCountMax
    self.creation = creation
  }

  package var creator: WorkerID { id.creator }
}
