extension ResourceLimit {
  /// Finds a line such as `Max open files  1024  524288  files` in /proc/self/limits.
  init?(named name: String, in text: String) {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + " ") }) else { return nil }
    let fields = line.dropFirst(name.count).split(separator: " ")
    guard fields.count >= 2, let soft = Self.value(fields[0]), let hard = Self.value(fields[1]) else { return nil }
    self.init(soft: soft, hard: hard)
  }

  /// Outer nil: no limit at all was read. Inner nil: unlimited.
  private static func value(_ field: Substring) -> Int?? {
    if field == "unlimited" { return .some(nil) }
    return Int(field).map { .some($0) }
  }
}

/// Counts the cores of a list such as `0-3,8,10-11`; nil for anything else.
func coreCount(ofList text: some StringProtocol) -> Int? {
  var count = 0
  for part in trimmed(text).split(separator: ",", omittingEmptySubsequences: false) {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, 0 <= first, first <= last, last < 1 << 20
    else { return nil }
    count += last - first + 1
  }
  return count
}

/// Cores this process may run on, from /proc/self/status.
func allowedCoreCount(inStatus text: String) -> Int? {
  let name = "Cpus_allowed_list:"
  return text.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap { coreCount(ofList: $0.dropFirst(name.count)) }
}
