internal import RayBridge
internal import RayWorker

// Test bundles are started by the test runner, not by `RayApp`: without this hook a worker, which is the same executable
// started again, would run the tests instead of the calls. The loader runs it before `main`; it costs two `getenv` elsewhere.

#if canImport(Darwin)
  @section("__DATA,__mod_init_func") @used
  private let workerHook: @convention(c) () -> Void = {
    WorkerMain.enterIfRequested()
    ClusterStart.enterWorkerIfRequested()
  }
#else
  @section(".init_array") @used
  private let workerHook: @convention(c) () -> Void = {
    WorkerMain.enterIfRequested()
    ClusterStart.enterWorkerIfRequested()
  }
#endif
