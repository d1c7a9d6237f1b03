internal import SwiftSyntax

extension SyntaxProtocol {
  /// Whether code in here uses Ray or Python: `$f`, `x.remote(…)`, `ObjectRef`, `Ray.…`, `Python.…`.
  var mentionsRay: Bool { tokens(viewMode: .sourceAccurate).contains(where: \.mentionsRay) }
}

extension TokenSyntax {
  fileprivate var mentionsRay: Bool {
    guard case .identifier(let name) = tokenKind else { return false }
    switch name {
    case "ObjectRef", "ObjectRefStream", "ActorHandle", "AnyActorHandle": return true
    case "remote": return previousToken(viewMode: .sourceAccurate)?.tokenKind == .period
    case "Ray", "Python": return nextToken(viewMode: .sourceAccurate)?.tokenKind == .period
    default: return name.hasPrefix("$")
    }
  }
}
