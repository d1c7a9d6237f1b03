#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows on standard error how far the work is: a bar on a terminal, a line per tenth elsewhere.
struct ProgressBar {
  private let total: Int
  private let isTerminal: Bool
  private var done = 0
  private var shownTenths = 0

  init(total: Int, isTerminal: Bool = isatty(STDERR_FILENO) == 1) {
    self.total = max(1, total)
    self.isTerminal = isTerminal
  }

  mutating func advance(by amount: Int) {
    done += amount
    if let text = update() { Self.show(text) }
  }

  /// Leaves the terminal as it was.
  func finish() {
    if isTerminal { Self.show("\r\u{1B}[K") }
  }

  /// What to write now, nil for nothing new.
  mutating func update() -> String? {
    let percent = done * 100 / total
    if isTerminal { return "\r\(Self.bar(percent: percent)) \(percent) %" }
    guard percent / 10 > shownTenths else { return nil }
    shownTenths = percent / 10
    return "counted \(shownTenths * 10) %\n"
  }

  static func bar(percent: Int, width: Int = 40) -> String {
    let filled = min(width, max(0, percent) * width / 100)
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
  }

  private static func show(_ text: String) {
    var text = text
    // A bar that cannot be written is no reason to stop counting.
    text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return }
      _ = write(STDERR_FILENO, start, bytes.count)
    }
  }
}
