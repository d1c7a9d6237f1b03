internal import SwiftDiagnostics
internal import SwiftSyntax
internal import SwiftSyntaxMacros

/// A function under `@Remote`, checked.
struct RemoteFunctionModel {
  var base: String
  var access: Access
  var availability: String
  var documentation: String
  var signature: Signature
  var entryName: String
  var options: String?
  var isStatic: Bool
  /// What stands in front of the argument list in the real call.
  var callee: String
  var needsAwait: Bool
  /// True when its body makes remote calls, as far as the text tells.
  var usesRay: Bool

  init?(
    _ node: AttributeSyntax, _ declaration: some DeclSyntaxProtocol, in context: some MacroExpansionContext,
    complaints: inout Complaints
  ) {
    guard let function = declaration.as(FunctionDeclSyntax.self) else {
      complaints.error(node, "'@Remote' belongs to a function; state that lives on is a '@RemoteActor'")
      return nil
    }
    let place = Place(of: function.name, in: context, attribute: "@Remote")
    isStatic = function.modifiers.has(.static) || function.modifiers.has(.class)
    Self.check(function, place, isStatic, &complaints)
    if case .identifier = function.name.tokenKind {
    } else {
      complaints.error(function.name, "an operator cannot be remote; give it a name")
    }
    let attribute = Attribute(node, complaints: &complaints)
    options = attribute.options
    let subject = Subject(noun: "a remote function", selfType: place.typePath)
    signature = Signature(
      function.signature, generics: function.genericParameterClause, whereClause: function.genericWhereClause,
      subject: subject, complaints: &complaints)
    base = function.name.text
    access = Access(function.modifiers)
    availability = function.attributes.availability
    documentation = function.documentation
    entryName = attribute.name ?? place.entryName(signature.name(base), isPrivate: access.isFilePrivate)
    callee = Self.callee(function, place)
    usesRay = function.body?.mentionsRay == true
    needsAwait = signature.isAsync || function.attributes.first(named: "MainActor") != nil
  }

  /// Static functions are called through their type. A global function whose name a member of the generated type
  /// hides is called through its module.
  private static func callee(_ function: FunctionDeclSyntax, _ place: Place) -> String {
    let name = function.name.text
    if !place.typePath.isEmpty { return "\(place.typePath).\(name)" }
    return ["remote", "split", "options"].contains(name.bare) ? "\(place.module)::\(name)" : name
  }

  private static func check(
    _ function: FunctionDeclSyntax, _ place: Place, _ isStatic: Bool, _ complaints: inout Complaints
  ) {
    if let obstacle = place.obstacle {
      complaints.error(function.name, obstacle.text)
    } else if !place.typePath.isEmpty, !isStatic {
      complaints.error(
        function.name,
        "'@Remote' cannot belong to an instance method, the instance would stay behind: "
          + "make it static, or the type a '@RemoteActor'",
        fixIts: [makeStatic(function)])
    }
    if let modifier = function.modifiers.first(where: { $0.name.tokenKind == .keyword(.distributed) }) {
      complaints.error(modifier, "'@Remote' and 'distributed' exclude each other")
    }
  }

  private static func makeStatic(_ function: FunctionDeclSyntax) -> FixIt {
    .replace("make it static", function.funcKeyword, with: function.funcKeyword.rewritten("static func"))
  }
}
