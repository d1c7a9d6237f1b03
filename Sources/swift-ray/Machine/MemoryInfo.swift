/// The two lines of /proc/meminfo that matter, in bytes.
struct MemoryInfo: Sendable, Hashable {
  var total: Int
  var available: Int

  init(total: Int, available: Int) {
    self.total = total
    self.available = available
  }

  init?(parsing text: String) {
    var kibibytes: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split { $0 == ":" || $0 == " " }
      if parts.count >= 2, let number = Int(parts[1]), number >= 0 { kibibytes[parts[0]] = number }
    }
    guard let total = kibibytes["MemTotal"], total < Int.max >> 10 else { return nil }
    // Kernels before 3.14 do not say what is available.
    let available = kibibytes["MemAvailable"] ?? kibibytes["MemFree"] ?? 0
    self.init(total: total << 10, available: min(available, total) << 10)
  }
}

/// The bracketed word of a line such as `always within_size [advise] never`.
func selectedChoice(in text: String) -> String? {
  guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else { return nil }
  return String(text[text.index(after: open)..<close])
}
