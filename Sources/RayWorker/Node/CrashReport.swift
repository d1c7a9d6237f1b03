/// The report that Swift's runtime prints when a process crashes.
enum CrashReport {
  /// The frames of the thread that crashed, innermost first; empty where the lines hold no report.
  ///
  /// The report has a line `Thread 0 "name" crashed:`, an empty one, then a numbered line for each frame, without their
  /// addresses here: those mean nothing after the process.
  static func frames(in lines: [String]) -> [String] {
    guard let head = lines.lastIndex(where: { $0.hasPrefix("Thread ") && $0.hasSuffix(" crashed:") }) else { return [] }
    var frames: [String] = []
    for line in lines[(head + 1)...] {
      var words = line.split(separator: " ")[...]
      if words.isEmpty, frames.isEmpty { continue }
      guard let number = words.popFirst(), Int(number) == frames.count else { break }
      while let word = words.first, word.hasPrefix("[") || word.hasPrefix("0x") { words.removeFirst() }
      frames.append(words.joined(separator: " "))
    }
    return frames
  }
}
