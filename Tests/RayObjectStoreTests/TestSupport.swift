internal import CRayShims

@testable internal import RayObjectStore

extension StoreSegment {
  /// A store of `blocks` blocks with tables small enough to make by the hundred.
  static func make(blocks: Int, clientCountMax: Int = 32, objectCountMax: Int = 8 << 10) throws(StoreError) -> StoreSegment {
    var configuration = Configuration()
    configuration.capacity = blocks * StoreLayout.blockSize
    configuration.clientCountMax = clientCountMax
    configuration.objectCountMax = objectCountMax
    configuration.pinCountMax = 1024
    return try StoreSegment(configuration: configuration)
  }

  /// Nothing lies in the store and nobody holds any part of it.
  var isEmpty: Bool {
    let now = statistics()
    return now.usedByteCount == 0 && now.leasedBlockCount == 0 && now.pinCount == 0 && now.clients.map(\.id.slot) == [0]
  }
}

extension StoreClient {
  /// Puts bytes that can be checked knowing only their object's name.
  func putPattern(_ seed: UInt64, byteCount: Int, timeout: Duration = .zero) throws(StoreError) -> StoreDescriptor {
    let reservation = try allocate(byteCount: byteCount, id: StoreObjectID(high: 7, low: seed), timeout: timeout)
    Pattern.fill(reservation.bytes, seed: seed)
    return seal(reservation)
  }

  func holdsPattern(_ seed: UInt64, _ descriptor: StoreDescriptor) throws(StoreError) -> Bool {
    Pattern.matches(try read(descriptor), seed: seed)
  }
}

enum Pattern {
  static func byte(_ seed: UInt64, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15) >> 29)
  }

  /// The edges and some bytes of every page: a mistake of the allocator shows, and a debug build stays quick.
  private static func indices(_ count: Int) -> [Int] {
    Array(0..<min(count, 64)) + Array(stride(from: 64, to: count, by: 1021)) + (count > 64 ? [count - 1] : [])
  }

  static func fill(_ bytes: UnsafeMutableRawBufferPointer, seed: UInt64) {
    for index in indices(bytes.count) { bytes[index] = byte(seed, index) }
  }

  static func matches(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> Bool {
    indices(bytes.count).allSatisfy { bytes[$0] == byte(seed, $0) }
  }
}

/// A thread that runs one closure; `join` waits for it. For code that blocks, which must not take threads from the pool.
final class TestThread: Sendable {
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let thread: cray_shm_thread

  init(_ body: @escaping @Sendable () -> Void) {
    var started = cray_shm_thread()
    let box = Unmanaged.passRetained(Box(body))
    let error = cray_shm_thread_start(
      &started, "test", 0,
      { context in
        guard let context else { return }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      }, box.toOpaque())
    precondition(error == 0, "no thread: errno \(error)")
    thread = started
  }

  func join() { cray_shm_thread_join(thread) }
}
