internal import SwiftDiagnostics
internal import SwiftSyntax
internal import SwiftSyntaxMacros

/// A class or actor under `@RemoteActor`, checked.
struct ActorModel {
  var typePath: String
  var access: Access
  var availability: String
  var entryName: String
  var options: String?
  /// True for a Swift actor: its methods are awaited.
  var isActor: Bool
  /// True when its code makes remote calls or holds references, as far as the text tells.
  var usesRay: Bool
  var creator: Creator
  /// Methods by base name, in the order of the source.
  var methods: [(base: String, overloads: [Method])]

  struct Creator {
    var access: Access
    var signature: Signature
    var isFailable = false
  }

  struct Method {
    var base: String
    var access: Access
    var documentation: String
    var signature: Signature
    var needsAwait: Bool
  }

  /// Calls interleave in Swift actors and where a method can suspend.
  var isConcurrent: Bool { isActor || methods.contains { $0.overloads.contains(where: \.needsAwait) } }

  init?(
    _ node: AttributeSyntax, _ declaration: some DeclGroupSyntax, in context: some MacroExpansionContext,
    complaints: inout Complaints
  ) {
    guard let named = declaration.asProtocol((any NamedDeclSyntax).self), Self.isSuitable(node, declaration, &complaints) else {
      return nil
    }
    isActor = declaration.is(ActorDeclSyntax.self)
    usesRay = declaration.memberBlock.mentionsRay
    let place = Place(of: named.name, in: context, attribute: "@RemoteActor")
    if let obstacle = place.obstacle { complaints.error(named.name, obstacle.text) }
    let attribute = Attribute(node, complaints: &complaints)
    options = attribute.options
    access = Access(declaration.modifiers)
    availability = declaration.attributes.availability
    typePath = [place.typePath, named.name.text].filter { !$0.isEmpty }.joined(separator: ".")
    entryName = attribute.name ?? place.entryName(named.name.text.bare, isPrivate: access.isFilePrivate)
    creator = ActorMembers.creator(of: declaration, named: named.name, path: typePath, complaints: &complaints)
    methods = ActorMembers.methods(of: declaration, isActor: isActor, path: typePath, complaints: &complaints)
  }

  private static func isSuitable(
    _ node: AttributeSyntax, _ declaration: some DeclGroupSyntax, _ complaints: inout Complaints
  ) -> Bool {
    let count = complaints.all.count
    if let type = declaration.as(ClassDeclSyntax.self) {
      if !type.modifiers.has(.final) {
        complaints.error(
          type.name, "'@RemoteActor' needs a final class: a handle names exactly one class",
          fixIts: [makeFinal(type)])
      }
      checkGenerics(type.genericParameterClause, &complaints)
    } else if let type = declaration.as(ActorDeclSyntax.self) {
      if let modifier = type.modifiers.first(where: { $0.name.tokenKind == .keyword(.distributed) }) {
        complaints.error(modifier, "'@RemoteActor' and 'distributed' exclude each other")
      }
      checkGenerics(type.genericParameterClause, &complaints)
    } else {
      let keyword = declaration.introducer
      complaints.error(
        keyword, "'@RemoteActor' needs a final class or an actor: its state lives in one place",
        fixIts: declaration.is(StructDeclSyntax.self) ? [makeClass(keyword)] : [])
    }
    if let attribute = declaration.attributes.first(named: "MainActor") {
      complaints.error(attribute, "'@RemoteActor' runs its calls itself and cannot be bound to the main actor")
    }
    return complaints.all.count == count
  }

  private static func checkGenerics(_ clause: GenericParameterClauseSyntax?, _ complaints: inout Complaints) {
    guard let clause else { return }
    complaints.error(clause, "'@RemoteActor' cannot be generic: a worker finds a class by its name, without type arguments")
  }

  private static func makeFinal(_ type: ClassDeclSyntax) -> FixIt {
    let keyword = type.classKeyword
    return .replace("make it final", keyword, with: keyword.rewritten("final class"))
  }

  private static func makeClass(_ keyword: TokenSyntax) -> FixIt {
    .replace("make it a final class", keyword, with: keyword.rewritten("final class"))
  }
}

extension TokenSyntax {
  /// Other words in the same place.
  func rewritten(_ text: String) -> TokenSyntax {
    .identifier(text, leadingTrivia: leadingTrivia, trailingTrivia: trailingTrivia)
  }
}
