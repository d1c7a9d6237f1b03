package import SwiftSyntax
package import SwiftSyntaxMacros

/// Attributes that say something to another macro and expand to nothing.
package struct MarkerMacro: PeerMacro {
  package static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol, in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] { [] }
}
