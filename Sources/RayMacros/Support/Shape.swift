internal import SwiftSyntax
internal import SwiftSyntaxBuilder

/// How a type travels: as one value, as nothing, or, for tuples, as an array of its elements.
///
/// Tuples cannot conform to protocols, so generated code takes them apart.
indirect enum Shape {
  case void
  case value(String)
  case tuple([(label: String?, shape: Shape)])

  /// - Parameter selfType: What `Self` means where the type is written.
  init(_ type: TypeSyntax, selfType: String = "Self") {
    if let tuple = type.as(TupleTypeSyntax.self) {
      let elements = tuple.elements.map { element in
        (label: element.firstName.map(\.text).flatMap { $0 == "_" ? nil : $0 }, shape: Shape(element.type, selfType: selfType))
      }
      if elements.isEmpty {
        self = .void
      } else if elements.count == 1 {
        self = elements[0].shape
      } else {
        self = .tuple(elements)
      }
    } else if ["Void", "Swift.Void", "Swift::Void"].contains(type.trimmedDescription) {
      self = .void
    } else {
      self = .value(type.storageText(selfType))
    }
  }

  var isVoid: Bool {
    if case .void = self { true } else { false }
  }

  /// The type as generated code writes it.
  var type: String {
    switch self {
    case .void: "Void"
    case .value(let type): type
    case .tuple(let elements):
      "(" + elements.map { ($0.label.map { "\($0): " } ?? "") + $0.shape.type }.joined(separator: ", ") + ")"
    }
  }

  /// The types of the values it consists of, as expressions.
  var metatypes: [String] {
    switch self {
    case .void: []
    case .value(let type): ["(\(type)).self"]
    case .tuple(let elements): elements.flatMap(\.shape.metatypes)
    }
  }

  /// Statements that write `value` with the writer named `writer`, one object in all.
  func encode(_ value: String, _ writer: String) -> [String] {
    switch self {
    case .void: return ["\(writer).putNil()"]
    case .value: return ["try \(writer).put(value: \(value))"]
    case .tuple(let elements):
      return ["\(writer).putArrayHeader(\(elements.count))"]
        + elements.enumerated().flatMap { index, element in element.shape.encode("\(value).\(index)", writer) }
    }
  }

  /// An expression that reads such an object from the reader named `reader`; needs `try`.
  func decode(_ reader: String) -> String {
    switch self {
    case .void: return "\(reader).getNil()"
    case .value(let type): return "\(reader).get((\(type)).self)"
    case .tuple(let elements):
      let parts = elements.map { ($0.label.map { "\($0): " } ?? "") + $0.shape.decode(reader) }
      return "(\(reader).__elements(\(elements.count)), (\(parts.joined(separator: ", ")))).1"
    }
  }

  /// A closure that reads such an object; captures nothing.
  var decoder: String { "{ (__r: inout Ray::ByteReader) throws in try \(decode("__r")) }" }
}

extension TypeSyntax {
  /// The type without what only says how a parameter is passed, with `T!` written `T?` and `Self` spelled out.
  func storageText(_ selfType: String) -> String {
    if let optional = stored.as(ImplicitlyUnwrappedOptionalTypeSyntax.self) {
      return optional.wrappedType.text(selfType: selfType) + "?"
    }
    return stored.text(selfType: selfType)
  }

  /// The type without what only says how a parameter is passed.
  var stored: TypeSyntax {
    if let attributed = self.as(AttributedTypeSyntax.self) { return attributed.baseType.stored }
    return self
  }

  /// The element of a sequence that is sent one object at a time: recognised by how it is spelled.
  var streamElement: TypeSyntax? {
    var type = stored
    if let opaque = type.as(SomeOrAnyTypeSyntax.self) { type = opaque.constraint }
    let (name, arguments): (String, GenericArgumentClauseSyntax?) =
      if let identifier = type.as(IdentifierTypeSyntax.self) {
        (identifier.name.text, identifier.genericArgumentClause)
      } else if let member = type.as(MemberTypeSyntax.self) {
        (member.name.text, member.genericArgumentClause)
      } else {
        ("", nil)
      }
    guard ["AsyncStream", "AsyncThrowingStream", "AsyncSequence"].contains(name), let first = arguments?.arguments.first else {
      return nil
    }
    return "\(raw: first.argument.trimmedDescription)"
  }
}

extension SyntaxProtocol {
  /// The source text with `Self` spelled out, for code that moves into another type.
  func text(selfType: String) -> String {
    let tokens = trimmed.tokens(viewMode: .sourceAccurate).map { token in
      token.tokenKind == .keyword(.Self) ? token.rewritten(selfType).description : token.description
    }
    return tokens.joined()
  }
}
