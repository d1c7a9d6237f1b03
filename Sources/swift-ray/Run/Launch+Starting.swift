#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Launch {
  /// Becomes the program: its exit status, its signals and the terminal are its own. Returns only when that failed, with the cause.
  func replaceThisProcess() -> String {
    if let address { setenv(Self.addressVariable, address, 1) }
    var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    execvp(command[0], &pointers)
    return "cannot be run: \(String(cString: strerror(errno)))"
  }
}

enum Environment {
  /// The variables that decide how a program is started.
  static var variables: [String: String] {
    var found: [String: String] = [:]
    for name in [Launch.addressVariable, "SWIFTRAY_PYTHON", "VIRTUAL_ENV"] {
      found[name] = getenv(name).map { String(cString: $0) }
    }
    return found
  }
}
