package import SwiftSyntax
internal import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `@Remote`: a struct with the calls of the function, and a property `$name` that makes one.
package struct RemoteMacro: PeerMacro {
  package static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol, in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    var complaints = Complaints()
    let function = RemoteFunctionModel(node, declaration, in: context, complaints: &complaints)
    complaints.report(to: context)
    guard let function, !complaints.hasErrors else { return [] }
    let expansion = RemoteFunctionExpansion(function: function)
    return ["\(raw: expansion.type)", "\(raw: expansion.property)"]
  }
}
