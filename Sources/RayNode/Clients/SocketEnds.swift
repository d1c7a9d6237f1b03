internal import RayTransport

/// Two connected sockets that go separate ways.
struct SocketEnds: ~Copyable {
  let first: OwnedDescriptor
  let second: OwnedDescriptor

  init(bufferByteCount: Int = 0) throws(TransportError) {
    let raw = try SocketPair(bufferByteCount: bufferByteCount).take { ($0.release(), $1.release()) }
    first = OwnedDescriptor(adopting: raw.0)
    second = OwnedDescriptor(adopting: raw.1)
  }
}
