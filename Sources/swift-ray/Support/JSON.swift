/// Writes JSON: what this program prints is small and flat.
indirect enum JSON: Hashable {
  case string(String)
  case number(Int)
  case array([JSON])
  /// Keys keep their order.
  case object([Member])

  struct Member: Hashable {
    var key: String
    var value: JSON
  }

  func text(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .string(let text): return Self.quoted(text)
    case .number(let number): return String(number)
    case .array(let items):
      return Self.lines(items.map { inner + $0.text(indent: inner) }, "[", "]", indent)
    case .object(let members):
      return Self.lines(members.map { inner + Self.quoted($0.key) + ": " + $0.value.text(indent: inner) }, "{", "}", indent)
    }
  }

  private static func lines(_ items: [String], _ open: String, _ close: String, _ indent: String) -> String {
    items.isEmpty ? open + close : open + "\n" + items.joined(separator: ",\n") + "\n" + indent + close
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
