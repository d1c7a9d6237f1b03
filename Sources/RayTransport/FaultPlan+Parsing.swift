extension FaultPlan {
  /// Reads the form used in environment variables: `drop=Push:2,delay=in.Done:5ms@0.1,seed=42`.
  ///
  /// ```
  /// plan        entry , entry ...
  /// entry       seed=NUMBER | ACTION=[in.|out.]KIND[:part]...[@PROBABILITY]
  /// ACTION      drop | duplicate | cut | delay | reorder        the last two need a duration
  /// KIND        a name, a number, or * for every kind
  /// part        2 (the second) | 2-5 | 5ms (ns, us, ms, s)
  /// ```
  ///
  /// - Parameter kinds: What the layer above calls its frames.
  package init(parsing text: String, kinds: [String: UInt8]) throws(TransportError) {
    self.init()
    for entry in text.split(separator: ",") {
      let entry = entry.filter { $0 != " " }
      guard let equals = entry.firstIndex(of: "=") else { throw Self.malformed(entry, "expected NAME=VALUE") }
      let name = entry[..<equals]
      let value = entry[entry.index(after: equals)...]
      if name == "seed" {
        guard let seed = UInt64(value) else { throw Self.malformed(entry, "the seed must be a number") }
        self.seed = seed
      } else {
        rules.append(try Self.rule(named: name, value, kinds))
      }
    }
  }

  private static func rule(
    named name: Substring, _ value: Substring, _ kinds: [String: UInt8]
  ) throws(TransportError) -> Rule {
    var rule = Rule(.drop)
    var value = value
    if let at = value.lastIndex(of: "@") {
      let text = value[value.index(after: at)...]
      guard let probability = Double(text), (0...1).contains(probability) else {
        throw malformed(value, "'\(text)' is no probability between 0 and 1")
      }
      rule.probability = probability
      value = value[..<at]
    }
    var parts = value.split(separator: ":", omittingEmptySubsequences: false)
    (rule.direction, rule.kind) = try target(parts.removeFirst(), kinds)
    var duration: Duration?
    for part in parts {
      if let parsed = self.duration(part) {
        duration = parsed
      } else if let parsed = occurrences(part) {
        rule.occurrences = parsed
      } else {
        throw malformed(value, "'\(part)' is neither a count (2, 2-5) nor a duration (5ms)")
      }
    }
    rule.action = try action(name, duration)
    return rule
  }

  private static func action(_ name: Substring, _ duration: Duration?) throws(TransportError) -> Action {
    switch (name, duration) {
    case ("drop", nil): return .drop
    case ("duplicate", nil): return .duplicate
    case ("cut", nil): return .cut
    case ("delay", let duration?): return .delay(duration)
    case ("reorder", let duration?): return .reorder(duration)
    case ("delay", nil), ("reorder", nil): throw malformed(name, "a duration is missing")
    case ("drop", _), ("duplicate", _), ("cut", _): throw malformed(name, "takes no duration")
    default: throw malformed(name, "expected drop, duplicate, cut, delay, reorder or seed")
    }
  }

  private static func target(_ text: Substring, _ kinds: [String: UInt8]) throws(TransportError) -> (Direction?, UInt8?) {
    var direction: Direction?
    var name = text
    if text.hasPrefix("in.") {
      direction = .inbound
      name = text.dropFirst(3)
    } else if text.hasPrefix("out.") {
      direction = .outbound
      name = text.dropFirst(4)
    }
    if name == "*" { return (direction, nil) }
    if let kind = kinds[String(name)] ?? UInt8(name) { return (direction, kind) }
    throw malformed(text, "'\(name)' is no kind of frame; known are \(kinds.keys.sorted().joined(separator: ", "))")
  }

  private static func occurrences(_ text: Substring) -> ClosedRange<UInt64>? {
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
    guard let first = bounds.first ?? nil, let last = bounds.last ?? nil else { return nil }
    return bounds.count <= 2 && first >= 1 && first <= last ? first...last : nil
  }

  private static func duration(_ text: Substring) -> Duration? {
    let digits = text.prefix { $0.isNumber }
    guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
    switch text[digits.endIndex...] {
    case "ns": return .nanoseconds(count)
    case "us": return .microseconds(count)
    case "ms": return .milliseconds(count)
    case "s": return .seconds(count)
    default: return nil
    }
  }

  private static func malformed(_ text: some StringProtocol, _ why: String) -> TransportError {
    TransportError(code: .invalidArgument, message: "cannot read the fault plan at '\(text)': \(why)")
  }
}
