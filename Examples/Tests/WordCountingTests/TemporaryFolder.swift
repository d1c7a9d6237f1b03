#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder that is gone when its last user is.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/wordcount-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp failed with \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  @discardableResult
  func write(_ bytes: some Collection<UInt8>, to name: String) -> String {
    let parts = name.split(separator: "/")
    for depth in 1..<max(1, parts.count) {
      mkdir(path + "/" + parts[..<depth].joined(separator: "/"), 0o700)
    }
    let file = fopen(path + "/" + name, "w")!
    let array = Array(bytes)
    precondition(fwrite(array, 1, array.count, file) == array.count)
    fclose(file)
    return path + "/" + name
  }

  func link(_ target: String, as name: String) { symlink(target, path + "/" + name) }

  private static func remove(_ path: String) {
    if let stream = opendir(path) {
      var names: [String] = []
      while let entry = readdir(stream) {
        names.append(
          withUnsafeBytes(of: &entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
          })
      }
      closedir(stream)
      for name in names where name != "." && name != ".." {
        // Links are removed, never followed.
        if unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
      }
    }
    rmdir(path)
  }
}

func readWhole(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "r") else { throw CannotOpen(path: path) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
  return bytes
}

struct CannotOpen: Error { var path: String }
