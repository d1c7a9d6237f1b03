internal import CRayShims
internal import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which Python to use, and where its library is.
struct PythonLocation: Sendable, Equatable {
  /// The interpreter; what `sys.executable` will be.
  var executable: String
  /// libpython as a shared library.
  var library: String

  /// Names an interpreter.
  static let executableVariable = "SWIFTRAY_PYTHON"
  /// Names the shared library, where it is at an unusual place.
  static let libraryVariable = "SWIFTRAY_LIBPYTHON"

  /// Looks for the interpreter in the order `SWIFTRAY_PYTHON`, `VIRTUAL_ENV`, `.venv`, `python3` on the path, and asks it where
  /// its library is.
  static func find(needsRay: Bool = true) throws -> PythonLocation {
    let executable = try findExecutable()
    if let library = variable(libraryVariable) { return PythonLocation(executable: executable, library: library) }
    return try ask(executable, needsRay: needsRay)
  }

  /// In a worker: the Python that Ray's own worker script lies in, unless a variable names another.
  static func find(workerScript: String) throws -> PythonLocation {
    if variable(executableVariable) == nil, let candidate = candidate(workerScript) {
      if let hint = variable(hintVariable), let location = PythonLocation(hint: hint), location.executable == candidate {
        return location
      }
      return try ask(candidate)
    }
    return try find()
  }

  /// The interpreter that has the Ray whose worker script this is.
  static func interpreter(ofWorker script: String) throws -> String { try candidate(script) ?? findExecutable() }

  private static func candidate(_ workerScript: String) -> String? {
    guard let prefix = prefix(ofInstalled: workerScript) else { return nil }
    return isExecutable(prefix + "/bin/python3") ? prefix + "/bin/python3" : nil
  }

  // MARK: Hints

  /// What the driver found, so that workers on the same machine need not ask again.
  static let hintVariable = "SWIFTRAY_PYTHON_HINT"
  var hint: String { executable + "\n" + library }

  private init?(hint: String) {
    let parts = hint.split(separator: "\n")
    guard parts.count == 2, access(String(parts[1]), R_OK) == 0 else { return nil }
    self.init(executable: String(parts[0]), library: String(parts[1]))
  }

  init(executable: String, library: String) {
    self.executable = executable
    self.library = library
  }

  /// `<prefix>/lib/python3.11/site-packages/ray/...` → `<prefix>`
  private static func prefix(ofInstalled path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = parts.lastIndex(where: { $0.hasPrefix("python3.") }), place > 1 else { return nil }
    guard parts[place - 1] == "lib" || parts[place - 1] == "lib64" else { return nil }
    return parts[..<(place - 1)].joined(separator: "/")
  }

  // MARK: The interpreter

  private static func findExecutable() throws -> String {
    if let named = variable(executableVariable) {
      guard isExecutable(named) else {
        throw RayError(.unsupported, "\(executableVariable)='\(named)' is no program that can be run; name a Python interpreter")
      }
      return absolute(named)
    }
    if let environment = variable("VIRTUAL_ENV"), isExecutable(environment + "/bin/python3") {
      return environment + "/bin/python3"
    }
    if isExecutable(".venv/bin/python3") { return absolute(".venv/bin/python3") }
    for folder in (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      let candidate = String(folder) + "/python3"
      if isExecutable(candidate) { return candidate }
    }
    throw RayError(
      .unsupported,
      "a Ray cluster needs Python, and there is no python3 on the path; install Python 3.9 or newer and 'pip install \"ray>=2.50\"', "
        + "or name an interpreter with \(executableVariable)")
  }

  private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  // MARK: Its library

  private static let question = """
    from importlib import util; import os, sys, sysconfig
    v = sysconfig.get_config_var
    names = [v("INSTSONAME"), v("LDLIBRARY"), "libpython%d.%d.so.1.0" % sys.version_info[:2], "libpython%d.%d.so" % sys.version_info[:2],
             "libpython%d.%d.dylib" % sys.version_info[:2]]
    places = [v("LIBDIR"), os.path.join(sys.base_prefix, "lib"), os.path.join(v("LIBDIR") or "", v("MULTIARCH") or ""), v("LIBPL")]
    found = [os.path.join(p, n) for p in places for n in names if p and n and ".a" != n[-2:] and os.path.exists(os.path.join(p, n))]
    print("answer", sys.version.split()[0], found[0] if found else "-", "ray" if util.find_spec("ray") else "-", sep="\\t")
    """

  private static func ask(_ executable: String, needsRay: Bool = true) throws -> PythonLocation {
    guard let answer = Subprocess.output(of: executable, ["-c", question]) else {
      throw RayError(.unsupported, "cannot run '\(executable)'; name a working Python interpreter with \(executableVariable)")
    }
    let lines = answer.split(separator: "\n")
    guard let line = lines.last(where: { $0.hasPrefix("answer\t") }) else {
      throw RayError(.unsupported, "'\(executable)' is no Python 3: it said '\(answer.prefix(200))'")
    }
    let parts = line.split(separator: "\t")
    guard parts.count == 4, parts[3] == "ray" || !needsRay else {
      throw RayError(
        .unsupported,
        "the Python \(parts[1]) at \(executable) has no package 'ray'; run: \(executable) -m pip install \"ray>=2.50\"")
    }
    guard parts[2] != "-" else {
      throw RayError(
        .unsupported,
        "the Python \(parts[1]) at \(executable) has no shared library, which a program of its own needs; install one (Debian: "
          + "libpython3.x), name it with \(libraryVariable), or start the program from Python: python -m swiftray run ./libMyApp.so"
      )
    }
    return PythonLocation(executable: executable, library: String(parts[2]))
  }
}

/// A program whose output is wanted.
enum Subprocess {
  static func output(of executable: String, _ arguments: [String]) -> String? {
    var ends: [Int32] = [0, 0]
    guard cray_pipe(&ends) == 0 else { return nil }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    defer { posix_spawn_file_actions_destroy(&actions) }
    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, executable, &actions, nil, &words, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard status == 0 else { return nil }
    var bytes: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = read(ends[0], buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
    }
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
    return String(decoding: bytes, as: UTF8.self)
  }
}
