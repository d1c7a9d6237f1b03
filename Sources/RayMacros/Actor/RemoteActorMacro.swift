package import SwiftSyntax
internal import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `@RemoteActor`: how to create the actor, how to call its methods, and the record by which workers find it.
package struct RemoteActorMacro {}

extension RemoteActorMacro: MemberMacro {
  package static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    var complaints = Complaints()
    let model = ActorModel(node, declaration, in: context, complaints: &complaints)
    complaints.report(to: context)
    guard let model, !complaints.hasErrors else { return [] }
    return ActorExpansion(model: model).members.map { "\(raw: $0)" }
  }
}

extension RemoteActorMacro: ExtensionMacro {
  package static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax, providingExtensionsOf type: some TypeSyntaxProtocol,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    // The member role has reported what is wrong; a conformance without members would only add a second error.
    // Members of an enum are expanded only when somebody asks for one.
    var complaints = Complaints()
    let model = ActorModel(node, declaration, in: context, complaints: &complaints)
    if declaration.is(EnumDeclSyntax.self) { complaints.report(to: context) }
    guard let model, !complaints.hasErrors else { return [] }
    let source: DeclSyntax = "\(raw: model.availability)extension \(type.trimmed): nonisolated Ray::RayActor {}"
    return source.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }
}
