/// Cuts a stream of bytes into lines of text.
struct LineSplitter {
  /// Longer lines are cut, so that a worker without line ends needs no endless memory.
  static let lineByteCountMax = 16_384
  private var partial: [UInt8] = []

  mutating func append(_ bytes: UnsafeRawBufferPointer, line: (String) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      emit(rest[..<end], line)
      rest = rest[(end + 1)...]
    }
    partial.append(contentsOf: rest)
    while partial.count >= Self.lineByteCountMax {
      line(String(decoding: partial.prefix(Self.lineByteCountMax), as: UTF8.self))
      partial.removeFirst(Self.lineByteCountMax)
    }
  }

  /// The stream has ended: what is left is a line, too.
  mutating func finish(line: (String) -> Void) {
    if !partial.isEmpty { emit([], line) }
  }

  private mutating func emit(_ end: some Collection<UInt8>, _ line: (String) -> Void) {
    partial.append(contentsOf: end)
    if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
    line(String(decoding: partial, as: UTF8.self))
    partial.removeAll(keepingCapacity: true)
  }
}

/// The last lines a process printed, for the report of its death.
struct LogTail {
  /// Enough for the report of a crash and what was printed before it.
  static let lineCountMax = 60
  private static let lineByteCountMax = 1024
  private(set) var lines: [String] = []

  mutating func append(_ line: String) {
    if lines.count == Self.lineCountMax { lines.removeFirst() }
    lines.append(line.utf8.count <= Self.lineByteCountMax ? line : String(line.prefix(Self.lineByteCountMax)) + "…")
  }
}
