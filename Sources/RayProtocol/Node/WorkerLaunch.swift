/// What a node tells a child process through its environment: that it is a worker, who it is, and where its node socket is.
package struct WorkerLaunch: Hashable, Sendable {
  /// A process that finds this variable shall enter the worker role before it does anything else, and unset it.
  package static let environmentVariable = "SWIFT_RAY_WORKER"
  /// Set beside it when the program brings workers of its own kind; the engine's worker role then keeps out of the way.
  package static let foreignVariable = "SWIFT_RAY_FOREIGN_WORKER"
  /// The node socket of a child.
  package static let defaultDescriptor: Int32 = 3

  package var descriptor: Int32
  package var worker: WorkerID
  /// Proves in `hello` that the process is the one that was started.
  package var token: UInt64

  package init(descriptor: Int32 = Self.defaultDescriptor, worker: WorkerID, token: UInt64) {
    self.descriptor = descriptor
    self.worker = worker
    self.token = token
  }

  /// `version:descriptor:worker:token`, numbers in hexadecimal.
  package var environmentValue: String {
    let version = String(NodeProtocol.version, radix: 16)
    return
      "\(version):\(String(descriptor, radix: 16)):\(hexadecimal(worker.rawValue)):\(hexadecimal(token))"
  }

  /// Nil when the text is not one of ours, or of another version.
  package init?(environmentValue text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, UInt16(parts[0], radix: 16) == NodeProtocol.version,
      let descriptor = Int32(parts[1], radix: 16), descriptor >= 0,
      let worker = UInt64(parts[2], radix: 16), let token = UInt64(parts[3], radix: 16)
    else { return nil }
    self.init(descriptor: descriptor, worker: WorkerID(worker), token: token)
  }
}

package enum NodeProtocol {
  /// Raised with every change of a layout; both sides run the same executable, so there is no negotiation.
  package static let version: UInt16 = 1
}
