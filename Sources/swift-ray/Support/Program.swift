#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Runs other programs and reads what they say.
enum Program {
  /// Standard output of a program; nil when it cannot be started, fails, or takes longer than allowed.
  static func output(of arguments: [String], within timeout: Duration) -> String? {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0, let child = spawn(arguments, output: ends) else {
      for end in ends { close(end) }
      return nil
    }
    close(ends[1])
    let output = readAll(ends[0], until: .now + timeout)
    close(ends[0])
    // Killing what has ended already does nothing: it stays until it is waited for.
    if output == nil { kill(child, SIGKILL) }
    var status: CInt = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status == 0 ? output : nil
  }

  private static func spawn(_ arguments: [String], output ends: [CInt]) -> pid_t? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child: pid_t = 0
    return posix_spawnp(&child, arguments[0], &actions, nil, &pointers, environ) == 0 ? child : nil
  }

  private static func readAll(_ file: CInt, until deadline: ContinuousClock.Instant) -> String? {
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16_384)
    while true {
      let left = Int((ContinuousClock.now.duration(to: deadline) / .milliseconds(1)).rounded(.up))
      guard left > 0, text.count < 1 << 20 else { return nil }
      var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, CInt(min(left, 60_000)))
      if ready < 0 && errno != EINTR { return nil }
      guard ready > 0 else { continue }
      let count = Files.readSome(file, &block)
      guard count >= 0 else { return nil }
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      text += block[..<count]
    }
  }
}
