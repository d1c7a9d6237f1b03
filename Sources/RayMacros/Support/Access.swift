internal import SwiftSyntax

/// How widely a declaration can be seen.
enum Access: Int, Comparable {
  case `private`, `fileprivate`, `internal`, `package`, `public`

  init(_ modifiers: DeclModifierListSyntax) {
    for modifier in modifiers where modifier.detail == nil {
      switch modifier.name.tokenKind {
      case .keyword(.private): self = .private
      case .keyword(.fileprivate): self = .fileprivate
      case .keyword(.package): self = .package
      case .keyword(.public), .keyword(.open): self = .public
      default: continue
      }
      return
    }
    self = .internal
  }

  static func < (a: Access, b: Access) -> Bool { a.rawValue < b.rawValue }

  /// The keyword and a space; nothing for the default.
  var prefix: String { self == .internal ? "" : "\(self) " }
  /// For members of a generated type: they are seen as far as the type is.
  var memberPrefix: String { self > .internal ? prefix : "" }
  var isFilePrivate: Bool { self <= .fileprivate }
}

extension DeclModifierListSyntax {
  func has(_ keyword: Keyword) -> Bool { contains { $0.name.tokenKind == .keyword(keyword) } }
}

extension AttributeListSyntax {
  func first(named name: String) -> AttributeSyntax? {
    for case .attribute(let attribute) in self {
      let text = attribute.attributeName.trimmedDescription
      if text == name || text == "Ray." + name || text == "Ray::" + name { return attribute }
    }
    return nil
  }

  /// `@available(...)`, which generated declarations have to repeat.
  var availability: String {
    var text = ""
    for case .attribute(let attribute) in self where attribute.attributeName.trimmedDescription == "available" {
      text += attribute.trimmedDescription + "\n"
    }
    return text
  }
}

extension DeclGroupSyntax {
  /// `class`, `struct` and so on.
  var introducer: TokenSyntax {
    if let type = self.as(StructDeclSyntax.self) { return type.structKeyword }
    if let type = self.as(EnumDeclSyntax.self) { return type.enumKeyword }
    if let type = self.as(ClassDeclSyntax.self) { return type.classKeyword }
    if let type = self.as(ActorDeclSyntax.self) { return type.actorKeyword }
    if let type = self.as(ProtocolDeclSyntax.self) { return type.protocolKeyword }
    if let type = self.as(ExtensionDeclSyntax.self) { return type.extensionKeyword }
    return firstToken(viewMode: .sourceAccurate) ?? .identifier("")
  }
}

extension SyntaxProtocol {
  /// The documentation comment in front of a declaration, for the generated one that users see in its place.
  var documentation: String {
    var text = ""
    for piece in leadingTrivia {
      switch piece {
      case .docLineComment(let line), .docBlockComment(let line): text += line + "\n"
      default: continue
      }
    }
    return text
  }
}
