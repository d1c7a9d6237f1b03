#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Digits {
  /// Reads a file of images.
  public init(file path: String) throws {
    guard let file = fopen(path, "r") else { throw FileError(path: path, code: errno) }
    defer { fclose(file) }
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&block, 1, block.count, file), count > 0 {
      text += block[..<count]
    }
    guard ferror(file) == 0 else { throw FileError(path: path, code: errno) }
    try self.init(parsing: text)
  }
}

/// A file could not be read.
public struct FileError: Error, Codable, Hashable, CustomStringConvertible {
  public var path: String
  public var code: CInt

  public var description: String { "\(path): \(String(cString: strerror(code)))" }
}
