#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension TextFile {
  /// Text files below `folder`, in order of their paths.
  ///
  /// Text is what has no zero byte near its start. Symbolic links are not followed and hidden names are left out, with
  /// one exception: `.build/checkouts`, where SwiftPM keeps the sources of a package's dependencies.
  public static func list(below folder: String) throws(FileError) -> [TextFile] {
    var files: [TextFile] = []
    try collect(names(in: folder), in: folder, into: &files)
    return files
  }

  private static func collect(_ names: [String], in folder: String, into files: inout [TextFile]) {
    for name in names.sorted() {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      if name == ".build" { collect(subfolder: path + "/checkouts", into: &files) }
      if name.hasPrefix(".") { continue }
      switch kind(of: path) {
      case .folder: collect(subfolder: path, into: &files)
      case .file:
        if let byteCount = textByteCount(of: path) {
          files.append(TextFile(path: path, byteCount: byteCount))
        }
      case .other: break
      }
    }
  }

  /// Folders below the first one that are missing or closed to us are passed over.
  private static func collect(subfolder folder: String, into files: inout [TextFile]) {
    guard kind(of: folder) == .folder, let names = try? names(in: folder) else { return }
    collect(names, in: folder, into: &files)
  }

  private enum Kind { case file, folder, other }

  private static func kind(of path: String) -> Kind {
    var status = stat()
    guard lstat(path, &status) == 0 else { return .other }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  private static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError(path: folder, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Size of a text file; nil for empty, binary and unreadable ones.
  private static func textByteCount(of path: String) -> Int? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_size > 0 else { return nil }
    let isText = withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 1) { bytes in
      let count = read(file, bytes.baseAddress, bytes.count)
      return count > 0 && memchr(bytes.baseAddress!, 0, count) == nil
    }
    return isText ? Int(status.st_size) : nil
  }
}
