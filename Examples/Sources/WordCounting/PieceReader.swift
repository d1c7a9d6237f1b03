#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file could not be read. `Codable`, so that it reaches the driver as itself.
public struct FileError: Error, Codable, Hashable, CustomStringConvertible {
  public var path: String
  public var code: CInt

  public init(path: String, code: CInt) {
    self.path = path
    self.code = code
  }

  public var description: String { "\(path): \(String(cString: strerror(code)))" }
}

extension Shard {
  /// Counts the words of this shard.
  public func countWords() throws -> WordTable {
    var counter = WordCounter()
    var reader = PieceReader()
    for piece in pieces {
      let words = try reader.read(piece)
      counter.count(reader.buffer.span.extracting(words))
    }
    return counter.table()
  }
}

/// Reads pieces of files into one buffer that is used again and again.
struct PieceReader {
  private(set) var buffer: [UInt8] = []
  private static let stepByteCount = 4096

  /// Reads a piece and returns which bytes of ``buffer`` are its words.
  ///
  /// The cut at offset x of a file is the position after the first ASCII separator at x - 1 or later. Both neighbours
  /// of a cut find the same position by themselves, so every word is counted once, on one side.
  mutating func read(_ piece: Piece) throws(FileError) -> Range<Int> {
    let file = open(piece.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError(path: piece.path, code: errno) }
    defer { close(file) }
    // One byte more at the front tells whether the piece starts inside a word.
    let origin = max(0, piece.start - 1)
    let wanted = piece.end - origin
    var count = try fill(file, piece.path, at: origin, from: 0, upTo: wanted)
    // No cut at all: the piece lies inside one long word, which belongs to the piece where it starts.
    guard let start = piece.start == 0 ? 0 : cut(from: 0, in: count) else { return 0..<0 }
    // Short of `wanted` the file has ended. Otherwise the word across the end belongs to this piece.
    guard count == wanted else { return start..<count }
    var searched = wanted - 1
    while true {
      if let end = cut(from: searched, in: count) { return start..<end }
      searched = count
      let more = try fill(
        file, piece.path, at: origin, from: count, upTo: count + Self.stepByteCount)
      guard more > count else { return start..<count }
      count = more
    }
  }

  private func cut(from position: Int, in count: Int) -> Int? {
    let bytes = buffer.span
    for i in position..<count where isASCIISeparator(bytes[i]) { return i + 1 }
    return nil
  }

  /// Reads file bytes from `origin + filled` on until the buffer holds `target` bytes or the file ends.
  private mutating func fill(
    _ file: CInt, _ path: String, at origin: Int, from filled: Int, upTo target: Int
  ) throws(FileError) -> Int {
    if buffer.count < target { buffer += [UInt8](repeating: 0, count: target - buffer.count) }
    var count = filled
    while count < target {
      let received = buffer.withUnsafeMutableBytes { bytes in
        pread(file, bytes.baseAddress! + count, target - count, off_t(origin + count))
      }
      if received < 0 {
        if errno == EINTR { continue }
        throw FileError(path: path, code: errno)
      }
      if received == 0 { break }
      count += received
    }
    return count
  }
}
