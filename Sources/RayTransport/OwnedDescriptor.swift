internal import CRayShims

/// A file descriptor with exactly one owner, closed when the owner ends.
package struct OwnedDescriptor: ~Copyable, Sendable {
  /// Valid as long as this value lives; never close it.
  package let raw: Int32

  /// Takes over a descriptor that nobody else will close.
  package init(adopting raw: Int32) {
    precondition(raw >= 0, "\(raw) is no descriptor")
    self.raw = raw
  }

  deinit { _ = cray_close(raw) }

  /// Hands the descriptor out without closing it: the caller closes it now.
  package consuming func release() -> Int32 {
    let raw = raw
    discard self
    return raw
  }

  /// A second descriptor for the same open file.
  package borrowing func duplicate() throws(TransportError) -> OwnedDescriptor {
    try OwnedDescriptor(duplicating: raw)
  }

  /// A descriptor of its own for an open file that somebody else keeps.
  package init(duplicating raw: Int32) throws(TransportError) {
    self.init(adopting: try System.check(cray_duplicate(raw), "cannot duplicate descriptor \(raw)"))
  }
}

/// Two connected, non-blocking Unix stream sockets, closed on exec.
package struct SocketPair: ~Copyable {
  package var first: OwnedDescriptor
  package var second: OwnedDescriptor

  /// - Parameter bufferByteCount: The socket buffers to ask for; the system may grant less. 0 keeps its default.
  package init(bufferByteCount: Int = 0) throws(TransportError) {
    var raw: [Int32] = [-1, -1]
    let size = Int32(clamping: max(0, bufferByteCount))
    try System.check(cray_socketpair(&raw, size), "cannot create a socket pair")
    first = OwnedDescriptor(adopting: raw[0])
    second = OwnedDescriptor(adopting: raw[1])
  }

  /// Both ends, each with an owner of its own.
  package consuming func take<R>(_ body: (consuming OwnedDescriptor, consuming OwnedDescriptor) throws -> R) rethrows -> R {
    try body(first, second)
  }
}

extension OwnedDescriptor {
  /// Ends a descriptor that was released into a place that cannot hold owners, such as an array.
  static func close(_ raw: Int32) { _ = cray_close(raw) }
}
