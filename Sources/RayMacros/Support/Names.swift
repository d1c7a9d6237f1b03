internal import SwiftSyntax

/// Words that need back-ticks where an identifier is expected.
private let reservedWords: Set<String> = [
  "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import", "init", "inout", "internal",
  "let", "open", "operator", "private", "precedencegroup", "protocol", "public", "rethrows", "static", "struct",
  "subscript", "typealias", "var", "break", "case", "catch", "continue", "default", "defer", "do", "else", "fallthrough",
  "for", "guard", "if", "in", "repeat", "return", "throw", "switch", "where", "while", "Any", "as", "await", "false", "is",
  "nil", "self", "Self", "super", "throws", "true", "try", "_",
]

extension String {
  /// The name as it has to be written where an identifier is expected.
  var escaped: String { reservedWords.contains(self) && !hasPrefix("`") ? "`\(self)`" : self }
  /// The name without back-ticks.
  var bare: String { hasPrefix("`") && hasSuffix("`") ? String(dropFirst().dropLast()) : self }
  /// The name as a literal.
  var quoted: String {
    var text = "\""
    for character in self {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text + "\""
  }
}

extension SyntaxProtocol {
  /// The source text on one line, as it is shown in messages.
  var oneLine: String {
    trimmedDescription.split(whereSeparator: { $0.isWhitespace || $0.isNewline }).joined(separator: " ")
  }
}

/// Lines of generated code, indented by their depth.
struct CodeWriter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ line: String) {
    for part in line.split(separator: "\n", omittingEmptySubsequences: false) {
      text += String(repeating: "  ", count: depth) + part + "\n"
    }
  }

  mutating func block(_ head: String, end: String = "}", _ body: (inout CodeWriter) -> Void) {
    line(head)
    depth += 1
    body(&self)
    depth -= 1
    line(end)
  }
}
