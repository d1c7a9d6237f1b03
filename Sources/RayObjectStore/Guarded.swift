internal import CRayShims

/// State that one thread at a time may touch, behind a lock of two atomic instructions.
///
/// A put of a small object takes tens of nanoseconds, of which a general mutex would be the larger part. Sections under this
/// lock are short and never wait for other processes. The word holds 0 when free, 1 when held, 2 when held and wanted.
// The state is only reachable through `withLock`, which lets one thread in at a time.
final class Guarded<State: ~Copyable>: @unchecked Sendable {
  private let word: SharedWord32
  private let state: UnsafeMutablePointer<State>

  init(_ initial: consuming State) {
    // A cache line of its own, so that neighbours on the heap do not slow it down.
    word = SharedWord32(address: .allocate(byteCount: 64, alignment: 64))
    word.store(0)
    state = .allocate(capacity: 1)
    state.initialize(to: initial)
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
    word.address.deallocate()
  }

  @inline(__always)
  func withLock<Result, Failure>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
    if !word.exchange(0, for: 1) { waitForLock() }
    defer { if word.exchange(for: 0) == 2 { word.wakeOne(shared: false) } }
    return try body(&state.pointee)
  }

  private func waitForLock() {
    for _ in 0..<100 {
      if word.loadRelaxed() == 0, word.exchange(0, for: 1) { return }
      cray_shm_pause()
    }
    // Taken as "wanted" even if nobody else waits: at worst one wake-up too many.
    while word.exchange(for: 2) != 0 { word.wait(while: 2, atMost: -1, shared: false) }
  }
}
