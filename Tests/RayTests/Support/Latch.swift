import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A signal between processes that also code without `async` can wait for: a named pipe.
///
/// The test keeps both ends open, so nobody blocks in `open`; when the test ends, waiting processes read the end of file.
final class Latch: Sendable {
  let path: String
  private let descriptor: Int32

  init() throws {
    var template = Array("/tmp/ray-latch-XXXXXX\0".utf8)
    let directory = template.withUnsafeMutableBytes { bytes -> String? in
      mkdtemp(bytes.baseAddress!.assumingMemoryBound(to: CChar.self)).map { String(cString: $0) }
    }
    path = try #require(directory) + "/latch"
    try #require(mkfifo(path, 0o600) == 0)
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    try #require(descriptor >= 0)
  }

  deinit {
    close(descriptor)
    unlink(path)
    rmdir(String(path.dropLast("/latch".count)))
  }

  func signal() { _ = withUnsafeBytes(of: UInt8(1)) { write(descriptor, $0.baseAddress, 1) } }

  /// Suspends until somebody has signalled.
  func signalled() async throws {
    let descriptor = descriptor
    let hasCome = await withCheckedContinuation { continuation in
      BlockingThread.run {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        continuation.resume(returning: poll(&request, 1, 30_000) == 1)
      }
    }
    try #require(hasCome, "nobody signalled within 30 seconds")
    var byte: UInt8 = 0
    _ = read(descriptor, &byte, 1)
  }

  // MARK: In workers

  static func signal(_ path: String) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = withUnsafeBytes(of: UInt8(1)) { write(descriptor, $0.baseAddress, 1) }
    close(descriptor)
  }

  /// Keeps the calling thread until somebody signals or the test is over.
  static func block(on path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    var byte: UInt8 = 0
    _ = read(descriptor, &byte, 1)
    close(descriptor)
  }
}

/// A thread for one blocking call.
enum BlockingThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func run(_ body: @escaping @Sendable () -> Void) {
    let pointer = Unmanaged.passRetained(Body(body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }
      pthread_create(&thread, nil, main, pointer)
      if let thread { pthread_detach(thread) }
    #else
      var thread = pthread_t()
      let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }
      pthread_create(&thread, nil, main, pointer)
      pthread_detach(thread)
    #endif
  }
}
