internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ChildProcess {
  static func spawn(_ options: Options, _ descriptors: [Int32], _ pid: inout pid_t, _ pidfd: inout Int32) -> Int32 {
    let environment = options.environment.map { $0.map { "\($0.key)=\($0.value)" } }
    return withCStrings([options.path] + options.arguments) { argv in
      withEnvironment(environment) { envp in
        withOptionalCString(options.directory) { directory in
          descriptors.withUnsafeBufferPointer { raw in
            var request = cray_spawn_request(
              path: UnsafePointer(argv[0]!), argv: UnsafePointer(argv), envp: UnsafePointer(envp), directory: directory,
              standard: (options.standardInput ?? -1, options.standardOutput ?? -1, options.standardError ?? -1),
              descriptors: raw.baseAddress, descriptor_count: Int32(raw.count), flags: options.flags)
            return cray_spawn(&request, &pid, &pidfd)
          }
        }
      }
    }
  }

  private static func withEnvironment(
    _ environment: [String]?, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> Int32 {
    if let environment { return withCStrings(environment, body) }
    return body(cray_environment())
  }
}

extension ChildProcess.Options {
  fileprivate var flags: UInt32 {
    var flags: UInt32 = 0
    if isSessionLeader {
      flags |= UInt32(CRAY_SPAWN_NEW_SESSION)  // A session leader leads a new process group as well.
    } else if isProcessGroupLeader {
      flags |= UInt32(CRAY_SPAWN_NEW_PROCESS_GROUP)
    }
    if diesWithParentThread { flags |= UInt32(CRAY_SPAWN_DIE_WITH_PARENT_THREAD) }
    return flags
  }
}

/// Lends a null-terminated list of C strings.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
  let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
  for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
  pointers[strings.count] = nil
  defer {
    for index in strings.indices { free(pointers[index]) }
    pointers.deallocate()
  }
  return body(pointers)
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  if let string { return string.withCString { body($0) } }
  return body(nil)
}
