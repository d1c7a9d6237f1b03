internal import CRayShims

/// A 64-bit word that several processes read and write; the C side states the memory order of each access.
struct SharedWord64 {
  let address: UnsafeMutableRawPointer

  @inline(__always) func load() -> UInt64 { cray_shm_load_u64(address) }
  @inline(__always) func loadRelaxed() -> UInt64 { cray_shm_load_relaxed_u64(address) }
  @inline(__always) func store(_ value: UInt64) { cray_shm_store_u64(address, value) }
  @inline(__always) func storeRelease(_ value: UInt64) { cray_shm_store_release_u64(address, value) }
  @inline(__always) func storeRelaxed(_ value: UInt64) { cray_shm_store_relaxed_u64(address, value) }
  /// Stores `desired` if the word still holds `expected`.
  @inline(__always) func exchange(_ expected: UInt64, for desired: UInt64) -> Bool {
    cray_shm_exchange_if_u64(address, expected, desired) != 0
  }
}

/// A 32-bit word that several processes read and write, and may sleep on.
struct SharedWord32 {
  let address: UnsafeMutableRawPointer

  @inline(__always) func load() -> UInt32 { cray_shm_load_u32(address) }
  @inline(__always) func loadRelaxed() -> UInt32 { cray_shm_load_relaxed_u32(address) }
  @inline(__always) func store(_ value: UInt32) { cray_shm_store_u32(address, value) }
  @inline(__always) func storeRelease(_ value: UInt32) { cray_shm_store_release_u32(address, value) }
  @inline(__always) func exchange(_ expected: UInt32, for desired: UInt32) -> Bool {
    cray_shm_exchange_if_u32(address, expected, desired) != 0
  }
  /// Stores and returns the value before.
  @inline(__always) func exchange(for desired: UInt32) -> UInt32 { cray_shm_exchange_u32(address, desired) }
  /// Adds, wrapping, and returns the value before.
  @discardableResult
  @inline(__always) func add(_ delta: UInt32) -> UInt32 { cray_shm_add_u32(address, delta) }

  /// Sleeps while the word holds `expected`; may return early, so callers look again.
  func wait(while expected: UInt32, atMost nanoseconds: Int64, shared: Bool = true) {
    _ = cray_shm_futex_wait(address, expected, nanoseconds, shared ? 1 : 0)
  }

  func wakeOne(shared: Bool = true) { cray_shm_futex_wake(address, 1, shared ? 1 : 0) }
  func wakeAll(shared: Bool = true) { cray_shm_futex_wake(address, Int32.max, shared ? 1 : 0) }
}
