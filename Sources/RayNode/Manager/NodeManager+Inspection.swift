internal import RayControl
package import RayProtocol
internal import RayScheduling
internal import RayTransport
internal import Synchronization

extension NodeManager {
  /// Numbers for reports and tests.
  package struct Census: Hashable, Sendable {
    package var processCount: Int
    package var idleCount: Int
    package var leaseCount: Int
    package var pendingCount: Int
    package var actorCount: Int
    package var available: ResourceSet
    /// Bytes of values in the object store.
    package var storedByteCount: Int
    /// What is wrong with the tables; empty when nothing is.
    package var problems: [String]
  }

  private final class Box: Sendable {
    let value = Mutex<Census?>(nil)
  }

  /// Counts on the node's thread and waits for it; nil when the node has stopped. Not from that thread.
  package func census() -> Census? {
    let box = Box()
    loop.execute { [self] in
      let census = Census(
        processCount: clients.values.count { $0.child != nil }, idleCount: leases.idleCount,
        leaseCount: leases.leaseCount, pendingCount: leases.pendingCount, actorCount: actors.liveCount,
        available: leases.resources.available, storedByteCount: store.usedByteCount,
        problems: leases.checkInvariants() + actors.checkInvariants())
      box.value.withLock { $0 = census }
      loop.notify()
    }
    loop.run(until: { box.value.withLock { $0 != nil } }, for: .seconds(10))
    return box.value.withLock { $0 }
  }
}

extension NodeManager {
  /// The numbers of all worker processes, sorted.
  package func processIDs() -> [Int32] {
    let list = ProcessList()
    loop.execute { [self] in
      let ids = clients.values.compactMap { $0.child?.processID }.sorted()
      list.value.withLock { $0 = ids }
      loop.notify()
    }
    loop.run(until: { list.value.withLock { $0 != nil } }, for: .seconds(10))
    return list.value.withLock { $0 } ?? []
  }

  private final class ProcessList: Sendable {
    let value = Mutex<[Int32]?>(nil)
  }
}
