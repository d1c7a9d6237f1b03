internal import CRayShims
internal import Synchronization

/// One non-blocking stream socket that carries frames and, on Unix sockets, descriptors.
///
/// Appending and flushing are safe from any thread. Receiving belongs to whoever polls for the ``EventLoop``.
///
/// ```
/// appended -> outbound buffer --flush--> socket --EPOLLOUT--> rest of a short write
/// socket --read--> inbound buffer --whole frames--> EventLoopDelegate
/// ```
package final class Connection: @unchecked Sendable {
  // Sendable: `sending` is touched under `outboundLock` only, `receiving` by the holder of the loop's polling role only,
  // everything else is constant or atomic.

  package struct Configuration: Sendable {
    /// The largest body accepted in either direction. Default 64 MiB.
    package var frameByteCountMax = 64 << 20
    /// Inbound buffer at rest; one read takes at most this much unless a frame is larger. Default 64 KiB.
    package var inboundByteCount = 64 << 10
    /// A short write with more than this left raises ``Connection/hasBackpressure``. Default 1 MiB.
    package var outboundHighWaterByteCount = 1 << 20
    /// Below this the backpressure ends. Default 256 KiB.
    package var outboundLowWaterByteCount = 256 << 10
    /// Whether the peer may send descriptors; otherwise the kernel drops them. Costs little per read. Default false.
    package var acceptsDescriptors = false
    /// Received descriptors that may wait for ``Connection/takeDescriptor()``. Default 64.
    package var waitingDescriptorCountMax = 64
    /// Tested failures, for tests only.
    package var faults: FaultPlan?

    package init() {}
  }

  /// What happened on a connection so far.
  package struct Statistics: Sendable, Hashable {
    package var receivedFrameCount: UInt64 = 0
    package var receivedByteCount: UInt64 = 0
    package var readCount: UInt64 = 0
    package var appendedFrameCount: UInt64 = 0
    package var sentByteCount: UInt64 = 0
    package var writeCount: UInt64 = 0
    package var shortWriteCount: UInt64 = 0
  }

  package let configuration: Configuration
  /// The raw descriptor, for logs. Closed once the delegate was told that the connection ended.
  package let descriptor: Int32

  @usableFromInline let outboundLock = Lock()
  @usableFromInline let sending: UnsafeMutablePointer<Sending>
  let receiving: UnsafeMutablePointer<Receiving>
  let receivedFrames = Atomic<UInt64>(0)
  let receivedBytes = Atomic<UInt64>(0)
  let reads = Atomic<UInt64>(0)
  /// Set once by ``close(_:)``; read before each receive so that nothing is delivered afterwards.
  let isClosing = Atomic<Bool>(false)

  /// Guarded by `outboundLock`.
  @usableFromInline struct Sending: ~Copyable {
    @usableFromInline var buffer: OutboundBuffer
    /// False after ``Connection/close(_:)``, a failed write or the end of the stream.
    @usableFromInline var isOpen = true
    /// Whether the loop has this connection on its list of connections to flush.
    var isDirty = false
    /// A write was short: the loop waits for the socket to become writable and flushes then.
    var waitsForWritability = false
    var hasBackpressure = false
    var isDescriptorClosed = false
    var closeReason: CloseReason?
    var loop: EventLoop?
    var token: UInt64 = 0
    var statistics = Statistics()
    var faults: FaultInjector?
  }

  /// Touched by the holder of the polling role only.
  struct Receiving: ~Copyable {
    var buffer: InboundBuffer
    var descriptors: [Int32] = []
    var faults: FaultInjector?
  }

  /// Takes over a connected stream socket and makes it non-blocking.
  package init(
    adopting socket: consuming OwnedDescriptor, configuration: Configuration = Configuration()
  ) throws(TransportError) {
    try System.check(cray_set_nonblocking(socket.raw, true), "cannot make descriptor \(socket.raw) non-blocking")
    self.configuration = configuration
    descriptor = socket.release()
    let limit = min(configuration.frameByteCountMax, Int(UInt32.max))
    sending = .allocate(capacity: 1)
    sending.initialize(to: Sending(buffer: OutboundBuffer(bodyByteCountMax: limit)))
    receiving = .allocate(capacity: 1)
    receiving.initialize(
      to: Receiving(buffer: InboundBuffer(capacity: configuration.inboundByteCount, bodyByteCountMax: limit)))
    if let plan = configuration.faults {
      sending.pointee.faults = FaultInjector(plan: plan, direction: .outbound)
      receiving.pointee.faults = FaultInjector(plan: plan, direction: .inbound)
    }
  }

  deinit {
    for raw in receiving.pointee.descriptors { OwnedDescriptor.close(raw) }
    if !sending.pointee.isDescriptorClosed { OwnedDescriptor.close(descriptor) }
    sending.deinitialize(count: 1)
    sending.deallocate()
    receiving.deinitialize(count: 1)
    receiving.deallocate()
  }

  // MARK: State

  /// Whether frames can still be appended.
  package var isOpen: Bool { outboundLock.withLock { sending.pointee.isOpen } }

  /// The peer does not keep up: stop producing until the delegate's `didDrain`.
  package var hasBackpressure: Bool { outboundLock.withLock { sending.pointee.hasBackpressure } }

  /// Bytes appended and not yet taken by the socket.
  package var outboundByteCount: Int { outboundLock.withLock { sending.pointee.buffer.count } }

  package var statistics: Statistics {
    outboundLock.lock()
    var result = sending.pointee.statistics
    result.appendedFrameCount = sending.pointee.buffer.frameCount
    outboundLock.unlock()
    result.receivedFrameCount = receivedFrames.load(ordering: .relaxed)
    result.receivedByteCount = receivedBytes.load(ordering: .relaxed)
    result.readCount = reads.load(ordering: .relaxed)
    return result
  }

  /// Ends the connection: nothing is delivered or sent any more, and the delegate's `didClose` follows with this reason.
  ///
  /// Bytes that were not flushed are dropped. Safe from any thread; later calls change nothing.
  package func close(_ why: String) { close(reason: .closedLocally(why)) }

  func close(reason: CloseReason) {
    outboundLock.lock()
    if sending.pointee.closeReason == nil { sending.pointee.closeReason = reason }
    sending.pointee.isOpen = false
    sending.pointee.buffer.removeAll()
    isClosing.store(true, ordering: .releasing)
    // Not closed here: another thread may be reading from it. The reader sees the end of the stream and finishes.
    if !sending.pointee.isDescriptorClosed { cray_shutdown(descriptor) }
    outboundLock.unlock()
  }
}

extension Connection: Hashable {
  package static func == (a: Connection, b: Connection) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
