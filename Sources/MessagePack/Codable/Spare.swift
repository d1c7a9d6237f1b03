internal import Synchronization

/// Keeps one object for the next user, so that encoding small values back to back allocates nothing for bookkeeping.
struct Spare<Object: AnyObject>: ~Copyable, Sendable {
  private let slot = Atomic<UInt>(0)

  /// The object that was left here, if any.
  func take() -> Object? {
    let bits = slot.exchange(0, ordering: .acquiring)
    guard let pointer = UnsafeRawPointer(bitPattern: bits) else { return nil }
    return Unmanaged<Object>.fromOpaque(pointer).takeRetainedValue()
  }

  /// Leaves an object that nobody else refers to.
  func leave(_ object: consuming Object) {
    let bits = UInt(bitPattern: Unmanaged.passRetained(object).toOpaque())
    let displaced = slot.exchange(bits, ordering: .releasing)
    guard let pointer = UnsafeRawPointer(bitPattern: displaced) else { return }
    Unmanaged<Object>.fromOpaque(pointer).release()
  }
}
