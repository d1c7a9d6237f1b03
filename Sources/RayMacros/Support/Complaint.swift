internal import SwiftDiagnostics
internal import SwiftSyntax
internal import SwiftSyntaxMacros

/// Something the user wrote that cannot work: where, why, and what to write instead.
struct Complaint {
  var node: Syntax
  var text: String
  var severity: DiagnosticSeverity
  var fixIts: [FixIt] = []

  init(_ node: some SyntaxProtocol, _ text: String, severity: DiagnosticSeverity = .error, fixIts: [FixIt] = []) {
    self.node = Syntax(node)
    self.text = text
    self.severity = severity
    self.fixIts = fixIts
  }
}

/// Complaints of one expansion, reported together so that the user sees all of them at once.
struct Complaints {
  private(set) var all: [Complaint] = []
  var hasErrors: Bool { all.contains { $0.severity == .error } }

  mutating func add(_ complaint: Complaint) { all.append(complaint) }

  mutating func error(_ node: some SyntaxProtocol, _ text: String, fixIts: [FixIt] = []) {
    add(Complaint(node, text, fixIts: fixIts))
  }

  mutating func warning(_ node: some SyntaxProtocol, _ text: String, fixIts: [FixIt] = []) {
    add(Complaint(node, text, severity: .warning, fixIts: fixIts))
  }

  func report(to context: some MacroExpansionContext) {
    for complaint in all {
      let message = Message(text: complaint.text, severity: complaint.severity)
      context.diagnose(Diagnostic(node: complaint.node, message: message, fixIts: complaint.fixIts))
    }
  }

  private struct Message: DiagnosticMessage {
    var text: String
    var severity: DiagnosticSeverity
    var message: String { text }
    var diagnosticID: MessageID { MessageID(domain: "Ray", id: text) }
  }
}

extension FixIt {
  private struct Message: FixItMessage {
    var message: String
    var fixItID: MessageID { MessageID(domain: "Ray", id: message) }
  }

  static func replace(_ text: String, _ old: some SyntaxProtocol, with new: some SyntaxProtocol) -> FixIt {
    FixIt(message: Message(message: text), changes: [.replace(oldNode: Syntax(old), newNode: Syntax(new))])
  }

  /// Puts a modifier or an attribute in front of a declaration's own keyword or modifiers.
  static func prefix(_ text: String, _ declaration: some SyntaxProtocol, with inserted: String) -> FixIt {
    guard let token = declaration.firstToken(viewMode: .sourceAccurate) else {
      return replace(text, declaration, with: declaration)
    }
    return replace(text, token, with: token.rewritten(inserted + token.text))
  }
}
