/// Shows a line that several workers print alike once, and later how often it was repeated.
///
/// What one worker repeats by itself is shown each time: it may be progress.
struct LogDeduplicator {
  struct Line: Hashable, Sendable {
    /// What runs in the process, for people.
    var name: String
    var processID: Int32
    var text: String
    var isError: Bool
  }

  struct Output: Hashable, Sendable {
    var text: String
    var isError: Bool
  }

  private struct Key: Hashable {
    let text: String
    let isError: Bool
  }

  private struct Entry {
    let firstAt: Duration
    var sources: Set<Int32>
    var repeatCount = 0
    var last: Line
  }

  private let window: Duration
  private let entryCountMax: Int
  private var entries: [Key: Entry] = [:]
  /// Oldest first.
  private var order: [Key] = []

  init(window: Duration = .seconds(5), entryCountMax: Int = 4096) {
    self.window = window
    self.entryCountMax = entryCountMax
  }

  /// What to show now; nil when the line is only counted.
  mutating func lineArrived(_ line: Line, now: Duration) -> Output? {
    let key = Key(text: line.text, isError: line.isError)
    guard var entry = entries[key] else {
      if order.count < entryCountMax {
        entries[key] = Entry(firstAt: now, sources: [line.processID], last: line)
        order.append(key)
      }
      return Self.format(line)
    }
    if entry.sources == [line.processID] { return Self.format(line) }
    entry.sources.insert(line.processID)
    entry.repeatCount += 1
    entry.last = line
    entries[key] = entry
    return nil
  }

  /// The counts of what was held back for the whole window.
  mutating func timePassed(now: Duration) -> [Output] {
    let window = window
    return flush { now - $0.firstAt >= window }
  }

  mutating func flushAll() -> [Output] { flush { _ in true } }

  /// Nil when nothing is held back or remembered.
  var nextDeadline: Duration? { order.first.flatMap { entries[$0] }.map { $0.firstAt + window } }

  private mutating func flush(_ isDue: (Entry) -> Bool) -> [Output] {
    var outputs: [Output] = []
    var count = 0
    while count < order.count, let entry = entries[order[count]], isDue(entry) {
      entries[order[count]] = nil
      count += 1
      guard entry.repeatCount > 0 else { continue }
      let suffix = entry.repeatCount > 1 ? " [repeated \(entry.repeatCount)x across cluster]" : ""
      outputs.append(Output(text: Self.format(entry.last).text + suffix, isError: entry.last.isError))
    }
    order.removeFirst(count)
    return outputs
  }

  static func format(_ line: Line) -> Output {
    Output(text: "(\(line.name) pid=\(line.processID)) \(line.text)", isError: line.isError)
  }
}
