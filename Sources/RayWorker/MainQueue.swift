internal import CRayShims
internal import RayTransport

/// Lets the main actor run where the event loop has the main thread: nobody else would run its jobs.
enum MainQueue {
  /// To be called on the main thread, which is about to run the loop.
  static func join(_ loop: EventLoop) throws(TransportError) {
    let descriptor = cray_main_queue_descriptor()
    guard descriptor >= 0 else { return }
    // While user code keeps the main thread another thread polls; the jobs wait for the main thread all the same.
    _ = try loop.watch(descriptor) {
      cray_take_main_queue_signal()
      loop.execute { cray_run_main_queue() }
    }
  }
}
