internal import SwiftSyntax

/// The arguments written at `@Remote(...)` and its kind.
struct Attribute {
  /// A registry name of the user's choice.
  var name: String?
  /// Everything else, as arguments of an options initializer; nil when there is nothing else.
  var options: String?

  init(_ node: AttributeSyntax, complaints: inout Complaints) {
    guard case .argumentList(let arguments) = node.arguments else { return }
    var options: [String] = []
    for argument in arguments {
      if argument.label?.text == "name" {
        name = Self.literal(argument.expression)
        if name == nil || name == "" {
          complaints.error(argument.expression, "the name must be a plain string literal that is not empty")
        }
      } else {
        options.append((argument.label.map { "\($0.text): " } ?? "") + argument.expression.trimmedDescription)
      }
    }
    if !options.isEmpty { self.options = options.joined(separator: ", ") }
  }

  private static func literal(_ expression: ExprSyntax) -> String? {
    guard let literal = expression.as(StringLiteralExprSyntax.self), literal.segments.count == 1,
      case .stringSegment(let segment) = literal.segments.first
    else { return nil }
    return segment.content.text
  }
}
