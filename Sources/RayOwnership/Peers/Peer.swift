package import RayProtocol

/// Another core worker: what is to be sent to it and what it holds of ours.
package final class Peer {
  package let id: WorkerID
  package let outbox = Outbox()
  /// False until the node has brokered the connection; frames wait in the outbox.
  @exclusivity(unchecked) package var isConnected = false
  @exclusivity(unchecked) package var isClosed = false
  /// Something was added to the outbox since the shell looked.
  @exclusivity(unchecked) var isDirty = false

  /// By local function key: the index this side uses on the connection plus one; 0 = not defined yet.
  @exclusivity(unchecked) var definedFunctions: [UInt16] = []
  @exclusivity(unchecked) var definedCount: UInt16 = 0
  /// By the other side's index: the local function key.
  @exclusivity(unchecked) var knownFunctions: [UInt32] = []

  /// Holds of this peer on objects owned here, by object index.
  @exclusivity(unchecked) var borrows: [UInt64: UInt32] = [:]
  /// Our references inside results it has not acknowledged, by task index.
  @exclusivity(unchecked) var transitPins: [UInt64: [ObjectID]] = [:]
  /// Calls received from it that are not answered, by its task index.
  @exclusivity(unchecked) var calls = CallTable()
  /// Values this process allocated for results the peer owns: freed when it says so, or when it dies.
  @exclusivity(unchecked) var storedForIt: Set<StoredDescriptor> = []
  /// Lanes that lead to it.
  @exclusivity(unchecked) var leases: [Lease] = []
  @exclusivity(unchecked) var actors: [ActorClient] = []
  /// Unacknowledged `borrow` requests are answered in order.
  @exclusivity(unchecked) var pendingBorrows: Int = 0

  init(_ id: WorkerID) { self.id = id }
}
