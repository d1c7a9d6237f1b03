internal import RayProtocol

/// The last things that happened, for the report of a failing seed.
final class Trace {
  private let limit: Int
  private var lines: [String] = []
  private var start = 0
  private(set) var count = 0
  /// Changes with every line: two runs of one seed must agree.
  private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325

  init(limit: Int) { self.limit = limit }

  func note(_ text: String) {
    count += 1
    let line = "\(count) \(text)"
    for byte in line.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01b3 }
    if lines.count < limit {
      lines.append(line)
    } else {
      lines[start] = line
      start = (start + 1) % limit
    }
  }

  var text: String { (lines[start...] + lines[..<start]).joined(separator: "\n") }
}

extension WorkerID {
  /// Short enough to read a trace.
  var short: String { rawValue == 1 ? "driver" : "w\(rawValue)" }
}

extension ObjectID {
  var short: String { "\(owner.short)#\(index & 0xFFFF_FFFF).\(index >> 32)" }
}
