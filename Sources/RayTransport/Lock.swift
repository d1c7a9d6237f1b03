#if canImport(Glibc)
  package import Glibc
#elseif canImport(Musl)
  package import Musl
#elseif canImport(Darwin)
  package import Darwin
#endif

/// A plain lock with an address of its own, visible to the thread sanitizer.
///
/// `Synchronization.Mutex` parks inside a library that the sanitizer does not see and would be reported wrongly.
package struct Lock: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is constant and the mutex behind it is made for sharing.
  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    let result = pthread_mutex_init(mutex, nil)
    precondition(result == 0, "pthread_mutex_init failed with \(result)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inlinable package func lock() { pthread_mutex_lock(mutex) }
  @inlinable package func unlock() { pthread_mutex_unlock(mutex) }

  @inlinable package func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// A condition variable on the monotonic clock, used together with one ``Lock``.
package struct Condition: ~Copyable, @unchecked Sendable {
  // Sendable: as for Lock.
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    #if canImport(Darwin)
      pthread_cond_init(condition, nil)
    #else
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  package func wait(_ lock: borrowing Lock) { pthread_cond_wait(condition, lock.mutex) }

  /// Waits until signalled or until `deadline` on the monotonic clock; may wake up early.
  func wait(_ lock: borrowing Lock, until deadline: UInt64) {
    #if canImport(Darwin)
      let now = System.now
      let left = deadline > now ? deadline - now : 0
      var timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      pthread_cond_timedwait_relative_np(condition, lock.mutex, &timeout)
    #else
      var time = timespec()
      time.tv_sec = Int(clamping: deadline / 1_000_000_000)
      time.tv_nsec = Int(deadline % 1_000_000_000)
      pthread_cond_timedwait(condition, lock.mutex, &time)
    #endif
  }

  func signal() { pthread_cond_signal(condition) }
  package func broadcast() { pthread_cond_broadcast(condition) }
}

/// A joinable thread that runs one closure.
struct Thread: ~Copyable, @unchecked Sendable {
  // Sendable: a thread handle may be joined from any thread, and ~Copyable makes that happen once.
  private let handle: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  init(_ run: @escaping @Sendable () -> Void) throws(TransportError) {
    let body = Unmanaged.passRetained(Body(run))
    #if canImport(Darwin)
      var handle: pthread_t?
    #else
      var handle = pthread_t()
    #endif
    let result = pthread_create(&handle, nil, threadMain, body.toOpaque())
    if result != 0 {
      body.release()
      throw System.error(result, "cannot start a thread")
    }
    #if canImport(Darwin)
      self.handle = handle!
    #else
      self.handle = handle
    #endif
  }

  /// Waits for the closure to return.
  consuming func join() { pthread_join(handle, nil) }

  // A free-standing C callback: a closure would inherit the isolation of the place it is written in.
  fileprivate static func main(_ argument: UnsafeMutableRawPointer) {
    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
  }
}

#if canImport(Darwin)
  private func threadMain(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Thread.main(argument)
    return nil
  }
#else
  private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Thread.main(argument) }
    return nil
  }
#endif
