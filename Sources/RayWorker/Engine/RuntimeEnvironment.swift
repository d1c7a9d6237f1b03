package import RayEngine
internal import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a runtime environment means for a worker process: variables, one of which names its directory.
package enum RuntimeEnvironment {
  /// The worker enters this directory before it does anything else.
  private static let directoryVariable = "SWIFT_RAY_WORKING_DIRECTORY"

  /// The variables of a worker, sorted by name. Throws what can be known here, rather than let every worker fail to start.
  package static func variables(of environment: RuntimeEnv) throws -> [String: String] {
    try environment.checkVariables()
    var variables = environment.environment
    if let directory = environment.workingDirectory { variables[directoryVariable] = try absolutePath(of: directory) }
    return variables
  }

  private static func absolutePath(of directory: String) throws -> String {
    guard let path = realpath(directory, nil) else { throw unusable(directory) }
    defer { free(path) }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      errno = ENOTDIR
      throw unusable(directory)
    }
    guard access(path, X_OK) == 0 else { throw unusable(directory) }
    return String(cString: path)
  }

  private static func unusable(_ directory: String) -> RayError {
    RayError(
      .runtimeEnvironmentFailed, "workers cannot run in the directory '\(directory)': \(String(cString: strerror(errno)))")
  }

  /// In a worker: goes where it was told to. Returns why it cannot.
  static func enterDirectory() -> String? {
    guard let directory = getenv(directoryVariable) else { return nil }
    let path = String(cString: directory)
    // Programs that a task starts have their own.
    unsetenv(directoryVariable)
    return chdir(path) == 0 ? nil : "cannot enter the directory '\(path)': \(String(cString: strerror(errno)))"
  }
}
