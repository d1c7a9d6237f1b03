#if os(Linux)
  internal import CRayShims
  @testable internal import RayObjectStore

  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #endif

  /// This test program, started again as a client of a store.
  ///
  /// The child finds the segment at descriptor 200, writes to 201 and reads from 202; `RAY_STORE_CHILD` names its role.
  final class ChildProcess {
    static let segmentDescriptor: Int32 = 200
    static let outputDescriptor: Int32 = 201
    static let inputDescriptor: Int32 = 202

    let process: pid_t
    private let fromChild: Int32
    private let toChild: Int32
    private var isReaped = false

    init(role: String, segment: StoreSegment) throws {
      var output: [Int32] = [0, 0]
      var input: [Int32] = [0, 0]
      guard pipe(&output) == 0, pipe(&input) == 0 else { throw ChildError(what: "pipe: \(errno)") }
      for file in output + input { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, segment.fileDescriptor, Self.segmentDescriptor)
      posix_spawn_file_actions_adddup2(&actions, output[1], Self.outputDescriptor)
      posix_spawn_file_actions_adddup2(&actions, input[0], Self.inputDescriptor)
      let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("store-child"), nil]
      let environment: [UnsafeMutablePointer<CChar>?] = [strdup("RAY_STORE_CHILD=\(role)"), nil]
      defer { for string in arguments + environment { free(string) } }
      var process: pid_t = 0
      let error = posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environment)
      close(output[1])
      close(input[0])
      guard error == 0 else { throw ChildError(what: "posix_spawn: \(error)") }
      self.process = process
      fromChild = output[0]
      toChild = input[1]
    }

    deinit {
      killAndReap()
      close(fromChild)
      close(toChild)
    }

    /// Ends the child as a power cut would.
    func killAndReap() {
      if isReaped { return }
      isReaped = true
      kill(process, SIGKILL)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }

    func receive() throws -> StoreDescriptor { try Self.receive(from: fromChild) }
    func send(_ descriptor: StoreDescriptor) throws { try Self.send(descriptor, to: toChild) }

    static func send(_ descriptor: StoreDescriptor, to file: Int32) throws {
      var bytes = [UInt8](repeating: 0, count: StoreDescriptor.encodedByteCount)
      bytes.withUnsafeMutableBytes { descriptor.encode(into: $0) }
      // Shorter than PIPE_BUF, so written whole or not at all.
      guard write(file, bytes, bytes.count) == bytes.count else { throw ChildError(what: "write: \(errno)") }
    }

    static func receive(from file: Int32) throws -> StoreDescriptor {
      var bytes = [UInt8](repeating: 0, count: StoreDescriptor.encodedByteCount)
      var filled = 0
      while filled < bytes.count {
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + filled, $0.count - filled) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw ChildError(what: "the other side is gone") }
        filled += count
      }
      guard let descriptor = bytes.withUnsafeBytes({ StoreDescriptor(encoded: $0) }) else {
        throw ChildError(what: "not a descriptor")
      }
      return descriptor
    }
  }

  struct ChildError: Error {
    var what: String
  }

  /// Runs before `main`: a test program started with a role plays it and never becomes a test runner.
  @section(".init_array") @used private let storeChildHook: @convention(c) () -> Void = {
    guard let role = getenv("RAY_STORE_CHILD") else { return }
    do {
      try ChildRole.play(String(cString: role))
      _exit(0)
    } catch {
      let message = "store child failed: \(error)\n"
      _ = write(STDERR_FILENO, message, message.utf8.count)
      _exit(1)
    }
  }

  /// What a child does.
  enum ChildRole {
    static let output = ChildProcess.outputDescriptor
    static let input = ChildProcess.inputDescriptor

    static func play(_ role: String) throws {
      let mapping = try StoreMapping(fileDescriptor: ChildProcess.segmentDescriptor)
      let client = try StoreClient(mapping: mapping, identity: UInt32(getpid()))
      switch role {
      case "churn": try churn(client)
      case "reader": try readOnRequest(client)
      case "hold": try hold(client)
      case "wait": try wait(client)
      default: throw ChildError(what: "no role \(role)")
      }
    }

    /// Puts, pins and frees as fast as it can until it is killed.
    private static func churn(_ client: StoreClient) throws {
      var generator = SeededGenerator(seed: UInt64(getpid()))
      var live: [StoreDescriptor] = []
      while true {
        let byteCount = 1 << Int.random(in: 4...22, using: &generator)
        live.append(try client.putPattern(UInt64(byteCount), byteCount: byteCount))
        let pin = try client.pin(live[0])
        if live.count > 12 { try client.free(live.remove(at: Int.random(in: 0..<live.count, using: &generator))) }
        client.unpin(pin)
        try ChildProcess.send(live[live.count - 1], to: output)
      }
    }

    /// Pins what it is sent, says so, and checks the bytes when asked again.
    private static func readOnRequest(_ client: StoreClient) throws {
      let descriptor = try ChildProcess.receive(from: input)
      let pin = try client.pin(descriptor)
      try ChildProcess.send(descriptor, to: output)
      guard try ChildProcess.receive(from: input) == descriptor, try client.holdsPattern(77, descriptor) else {
        throw ChildError(what: "the bytes changed")
      }
      client.unpin(pin)
      try ChildProcess.send(descriptor, to: output)
      client.detach()
    }

    /// Holds a sealed object, a half-written one and a pin until it is killed.
    private static func hold(_ client: StoreClient) throws {
      let pinned = try ChildProcess.receive(from: input)
      _ = try client.pin(pinned)
      let sealed = try client.putPattern(5, byteCount: 3_000)
      let half = try client.allocate(byteCount: 10 << 20, id: StoreObjectID(high: 0, low: 0))
      half.bytes.initializeMemory(as: UInt8.self, repeating: 1)
      try ChildProcess.send(sealed, to: output)
      _ = try ChildProcess.receive(from: input)
    }

    /// Puts one object, waiting for space.
    private static func wait(_ client: StoreClient) throws {
      try ChildProcess.send(client.putPattern(6, byteCount: 8 << 20, timeout: .seconds(60)), to: output)
      _ = try ChildProcess.receive(from: input)
    }
  }
#endif
