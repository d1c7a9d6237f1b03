internal import CRayShims
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Gives the main actor its turn in processes whose main thread belongs to Ray.
///
/// What the main actor has to run waits on the main dispatch queue, which only the process's first thread may empty. A thread
/// of its own watches the queue and tells whoever has the first thread: the ``ServingThread`` that serves a call there, or Ray.
enum MainQueue {
  private static let isWatched = Atomic<Bool>(false)
  private static let used = Atomic<Bool>(false)
  private static let firstThread = Mutex<ServingThread?>(nil)
  private static let tellOther = Mutex<(@Sendable () -> Void)?>(nil)

  /// Whether anything has ever come: then nobody keeps the first thread for long.
  static var isUsed: Bool { used.load(ordering: .relaxed) }

  /// Takes the calling thread's serving thread if this is the process's first thread, and says so.
  static func remember(_ thread: ServingThread) -> Bool {
    guard cray_is_main_thread() != 0 else { return false }
    firstThread.withLock { $0 = thread }
    return true
  }

  /// Starts watching, once. `otherwise` is called when nobody serves on the first thread.
  static func watch(otherwise: @escaping @Sendable () -> Void) {
    guard !isWatched.exchange(true, ordering: .relaxed) else { return }
    tellOther.withLock { $0 = otherwise }
    SystemThread.start("ray-main-queue", stackByteCount: 1 << 20) {
      let descriptor = cray_main_queue_descriptor()
      guard descriptor >= 0 else { return }
      while true {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, -1) == 1 else {
          if errno == EINTR { continue }
          return
        }
        guard Int32(request.revents) & Int32(POLLIN) != 0 else { return }
        cray_take_main_queue_signal()
        used.store(true, ordering: .relaxed)
        tell()
      }
    }
  }

  /// Tells whoever has the first thread that the main actor has something to run.
  static func tell() {
    if let thread = firstThread.withLock({ $0 }), thread.runMainQueueSoon() { return }
    tellOther.withLock { $0 }?()
  }
}
