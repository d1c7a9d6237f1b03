#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

struct FileError: Error, Hashable, CustomStringConvertible {
  var path: String
  var problem: String

  var description: String { "\(path) \(problem)" }
}

/// The few things this program does with files.
enum Files {
  /// Nothing read here is large; a device that never ends must not fill memory.
  private static let byteCountMax = 4 << 20

  /// The text of a file; nil when it cannot be read.
  ///
  /// Reads until the end of the file: those in /proc have no size and arrive in parts.
  static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16_384)
    while text.count < byteCountMax {
      let count = readSome(file, &block)
      guard count >= 0 else { return nil }
      if count == 0 { break }
      text += block[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// One `read`, repeated when a signal interrupts it.
  static func readSome(_ file: CInt, _ block: inout [UInt8]) -> Int {
    while true {
      let count = block.withUnsafeMutableBytes { readBytes(file, $0) }
      if count >= 0 || errno != EINTR { return count }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a folder, sorted; nil when it cannot be read or is none.
  static func names(in folder: String) -> [String]? {
    guard let stream = opendir(folder) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Writes a new file and the folders above it; a file that exists stays as it is.
  static func create(_ path: String, contents: String) throws(FileError) {
    try createFolders(above: path)
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError(path: path, problem: "cannot be created: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes = Array(contents.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileError(path: path, problem: "cannot be written: \(String(cString: strerror(errno)))") }
      bytes = bytes.dropFirst(count)
    }
  }

  private static func createFolders(above path: String) throws(FileError) {
    var folder = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      folder += part + "/"
      if part.isEmpty || mkdir(folder, 0o755) == 0 || errno == EEXIST { continue }
      throw FileError(path: folder, problem: "cannot be created: \(String(cString: strerror(errno)))")
    }
  }

  /// The path of the running program.
  static func currentExecutable() -> String? {
    #if os(Linux)
      let path = "/proc/self/exe"
    #else
      let path = CommandLine.arguments.first ?? ""
    #endif
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

private func readBytes(_ file: CInt, _ bytes: UnsafeMutableRawBufferPointer) -> Int { read(file, bytes.baseAddress, bytes.count) }
