internal import RayNode
internal import RayProtocol
internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// This test program as a driver of its own, to be killed: prints the process numbers of its workers.
enum FakeDriver {
  static let variable = "FAKE_DRIVER"

  static func run() -> Never {
    unsetenv(variable)
    do {
      var configuration = NodeConfiguration()
      configuration.resources = ResourceSet(["CPU": 2])
      configuration.storeByteCount = 64 << 20
      configuration.environment[WorkerLaunch.foreignVariable] = "1"
      let node = try NodeManager(configuration)
      let socket = try node.start()
      while node.census()?.idleCount != 2 { usleep(1000) }
      FakeWorker.say(node.processIDs().map(String.init).joined(separator: " "))
      while true { pause() }
      _ = socket
    } catch {
      FakeWorker.say("\(error)", to: 2)
      _exit(1)
    }
  }
}
