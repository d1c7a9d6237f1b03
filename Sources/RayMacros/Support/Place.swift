internal import SwiftSyntax
internal import SwiftSyntaxMacros

/// Where a declaration stands: its file, and the types around it from the outside in.
struct Place {
  /// `Module/File.swift`.
  var fileID: String
  /// `Outer.Inner`, empty at file scope.
  var typePath: String
  /// The innermost declaration that makes the place unsuitable, with the reason.
  var obstacle: (node: Syntax, text: String)?
  /// True when a type around the declaration is visible in this file only.
  var isFilePrivate = false

  var module: String { String(fileID.prefix { $0 != "/" }) }

  init(of node: some SyntaxProtocol, in context: some MacroExpansionContext, attribute: String) {
    let location = context.location(of: node, at: .afterLeadingTrivia, filePathMode: .fileID)
    let literal = location?.file.trimmedDescription ?? ""
    fileID = literal.count > 2 ? String(literal.dropFirst().dropLast()) : "Main/main.swift"
    var path: [String] = []
    for scope in context.lexicalContext {
      if let type = scope.asProtocol((any DeclGroupSyntax).self) {
        path.insert(Self.name(of: type), at: 0)
        isFilePrivate = isFilePrivate || Access(type.modifiers).isFilePrivate
        if obstacle == nil, let text = Self.obstacle(type, attribute) { obstacle = (scope, text) }
      } else if obstacle == nil {
        obstacle = (
          scope, "'\(attribute)' cannot stand inside a function: a worker finds declarations by their path in the module"
        )
      }
    }
    typePath = path.joined(separator: ".")
  }

  private static func name(of type: any DeclGroupSyntax) -> String {
    if let named = type.asProtocol((any NamedDeclSyntax).self) { return named.name.text }
    if let `extension` = type.as(ExtensionDeclSyntax.self) { return `extension`.extendedType.trimmedDescription }
    return ""
  }

  private static func obstacle(_ type: any DeclGroupSyntax, _ attribute: String) -> String? {
    if type.is(ProtocolDeclSyntax.self) { return "'\(attribute)' cannot stand in a protocol" }
    let generics = type.asProtocol((any WithGenericParametersSyntax).self)
    if generics?.genericParameterClause != nil || type.as(ExtensionDeclSyntax.self)?.genericWhereClause != nil {
      return "'\(attribute)' cannot stand in a generic type: a worker finds declarations by name, without type arguments"
    }
    return nil
  }

  /// The name a worker looks `base` up by. Private declarations carry their file, since two files may use one name.
  func entryName(_ base: String, isPrivate: Bool) -> String {
    let owner = isPrivate || isFilePrivate ? fileID : module
    return [owner, typePath, base].filter { !$0.isEmpty }.joined(separator: ".")
  }
}
