/// How good a thing is for running swift-ray.
enum Verdict: String, Sendable, Comparable, CaseIterable {
  case green, yellow, red

  static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .green: 0
    case .yellow: 1
    case .red: 2
    }
  }
}

/// One line of the report.
struct Finding: Sendable, Hashable {
  var name: String
  var verdict: Verdict
  var value: String
  /// What to do about it, or what it means.
  var advice: String?

  init(_ name: String, _ verdict: Verdict, _ value: String, advice: String? = nil) {
    self.name = name
    self.verdict = verdict
    self.value = value
    self.advice = advice
  }
}

/// All findings about a machine.
struct Report: Sendable, Hashable {
  var findings: [Finding]

  init(_ findings: [Finding]) { self.findings = findings }

  init(on facts: MachineFacts) {
    findings = [
      facts.kernelFinding, facts.coresFinding, facts.memoryFinding, facts.cgroupFinding, facts.anonymousFilesFinding,
      facts.hugePagesFinding, facts.processDescriptorsFinding, facts.sharedMemoryFinding, facts.descriptorsFinding,
      facts.processesFinding, facts.gpusFinding, facts.toolchainFinding,
    ].compactMap { $0 }
  }

  /// The worst one.
  var verdict: Verdict { findings.map(\.verdict).max() ?? .green }

  func text(isColored: Bool) -> String {
    let width = findings.reduce(0) { max($0, $1.name.count) }
    var lines: [String] = []
    for finding in findings {
      let padding = String(repeating: " ", count: width - finding.name.count)
      lines.append("\(mark(finding.verdict, isColored)) \(finding.name)\(padding)  \(finding.value)")
      if let advice = finding.advice { lines.append(String(repeating: " ", count: width + 4) + "→ " + advice) }
    }
    return (lines + [summary]).joined(separator: "\n")
  }

  private var summary: String {
    switch verdict {
    case .green: "This machine is ready."
    case .yellow: "This machine is ready; it could do better."
    case .red: "Something is in the way of swift-ray here."
    }
  }

  private func mark(_ verdict: Verdict, _ isColored: Bool) -> String {
    let (symbol, color) =
      switch verdict {
      case .green: ("✓", 32)
      case .yellow: ("!", 33)
      case .red: ("✗", 31)
      }
    return isColored ? "\u{1B}[\(color)m\(symbol)\u{1B}[0m" : symbol
  }

  var json: JSON {
    .object([
      .init(key: "version", value: .string(Release.version)),
      .init(key: "verdict", value: .string(verdict.rawValue)),
      .init(key: "findings", value: .array(findings.map(\.json))),
    ])
  }
}

extension Finding {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      .init(key: "name", value: .string(name)), .init(key: "verdict", value: .string(verdict.rawValue)),
      .init(key: "value", value: .string(value)),
    ]
    if let advice { members.append(.init(key: "advice", value: .string(advice))) }
    return .object(members)
  }
}
