internal import CRayShims
package import RayEngine
internal import RayNode
package import RayProtocol
internal import RayTransport
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Who runs the driver's event loop.
package enum DriverLoop: Sendable {
  /// A thread of its own; the program's tasks run elsewhere.
  case background
  /// The calling thread, which also runs the program's tasks.
  case callingThread
}

/// What a driver's node offers.
package struct DriverConfiguration: Sendable {
  package var namespace: String?
  package var cpus: Double?
  package var gpus: Double?
  package var resources: [String: Double]
  package var objectStoreByteCount: Int?
  package var environment: [String: String]
  package var forwardsLogs: Bool

  package init(
    namespace: String?, cpus: Double?, gpus: Double?, resources: [String: Double], objectStoreByteCount: Int?,
    environment: [String: String], forwardsLogs: Bool
  ) {
    self.namespace = namespace
    self.cpus = cpus
    self.gpus = gpus
    self.resources = resources
    self.objectStoreByteCount = objectStoreByteCount
    self.environment = environment
    self.forwardsLogs = forwardsLogs
  }
}

/// The driver role: the process that starts the node, owns most objects and sees the results.
package enum Driver {
}
