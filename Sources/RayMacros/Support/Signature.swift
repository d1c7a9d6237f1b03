internal import SwiftDiagnostics
internal import SwiftSyntax
internal import SwiftSyntaxBuilder

/// One parameter of a function that can be called remotely.
struct Parameter {
  /// The label at the call, `_` for none; as written.
  var label: String
  /// The name inside of generated functions.
  var name: String
  var shape: Shape
  /// The type as the user wrote it, for messages.
  var typeText: String
  var defaultValue: String?

  var argumentType: String { "Ray::Arg<\(shape.type)>" }
  var referenceType: String { "Ray::ObjectRef<\(shape.type)>" }
  /// `label name`, as in a parameter list.
  var labelAndName: String { label.bare == name.bare ? label : "\(label) \(name)" }
  /// `label: ` in front of an argument.
  var argumentLabel: String { label == "_" ? "" : "\(label): " }
}

/// What a call gives back.
enum Outcome {
  case value(Shape)
  /// Any number of objects.
  case stream(Shape)

  /// The result of `remote`.
  var remoteType: String {
    switch self {
    case .value(let shape): "Ray::ObjectRef<\(shape.type)>"
    case .stream(let element): "Ray::ObjectRefStream<\(element.type)>"
    }
  }
}

/// The parts of a function or initializer that matter to a remote call.
struct Signature {
  var parameters: [Parameter]
  var outcome: Outcome
  var resultText: String
  var isAsync: Bool
  var isThrowing: Bool

  /// `base(label:_:)`.
  func name(_ base: String) -> String {
    "\(base.bare)(" + parameters.map { "\($0.label.bare):" }.joined() + ")"
  }

  /// The arguments of the real call, decoded one by one.
  var decodedArguments: String {
    parameters.enumerated().map { index, parameter in
      let decoded =
        if case .tuple = parameter.shape {
          "__args.decode(\(index), with: \(parameter.shape.decoder))"
        } else {
          "__args.decode(\(index), as: (\(parameter.shape.type)).self)"
        }
      return parameter.argumentLabel + decoded
    }.joined(separator: ", ")
  }

  /// A closure with the types of all that travels.
  var types: String {
    let result =
      switch outcome {
      case .value(let shape): shape.metatypes
      case .stream(let element): element.metatypes
      }
    return "{ [\((parameters.flatMap(\.shape.metatypes) + result).joined(separator: ", "))] }"
  }

  /// The parameters as the runtime shows them.
  var metadata: String {
    let list = parameters.map { "Ray::RemoteEntry.Parameter(\($0.label.bare.quoted), \($0.typeText.quoted))" }
    return "[\(list.joined(separator: ", "))]"
  }
}

/// What the messages call the declaration.
struct Subject {
  /// `a remote function`, `a remote method` or `an actor's initializer`.
  var noun: String
  /// What `Self` means in the declaration.
  var selfType = "Self"
  /// A change that takes the declaration out of the remote surface, when there is one.
  var exclude: [FixIt] = []
}

extension Signature {
  init(
    _ clause: FunctionSignatureSyntax, generics: GenericParameterClauseSyntax?, whereClause: GenericWhereClauseSyntax?,
    isInitializer: Bool = false, subject: Subject, complaints: inout Complaints
  ) {
    if let generics {
      complaints.error(
        generics, "\(subject.noun) cannot be generic: a worker finds it by its name, without type arguments",
        fixIts: subject.exclude)
    } else if let whereClause {
      complaints.error(whereClause, "\(subject.noun) cannot be generic", fixIts: subject.exclude)
    }
    parameters = clause.parameterClause.parameters.enumerated().compactMap { index, parameter in
      Parameter(parameter, index: index, subject: subject, complaints: &complaints)
    }
    let effects = clause.effectSpecifiers
    isAsync = effects?.asyncSpecifier != nil
    isThrowing = effects?.throwsClause != nil
    outcome = .value(.void)
    resultText = "Void"
    if let type = clause.returnClause?.type, !isInitializer {
      resultText = type.oneLine
      outcome = Self.outcome(type, subject: subject, complaints: &complaints)
    }
  }

  private static func outcome(_ type: TypeSyntax, subject: Subject, complaints: inout Complaints) -> Outcome {
    if let element = type.streamElement { return .stream(Shape(element, selfType: subject.selfType)) }
    let stored = type.stored
    if let opaque = stored.as(SomeOrAnyTypeSyntax.self), opaque.someOrAnySpecifier.tokenKind == .keyword(.some) {
      complaints.error(
        type, "\(subject.noun) needs a result with a name; only 'some AsyncSequence<Element, Failure>' may be opaque",
        fixIts: subject.exclude)
    } else if stored.is(FunctionTypeSyntax.self) {
      complaints.error(type, "a function cannot cross a process boundary; return a value", fixIts: subject.exclude)
    }
    return .value(Shape(stored, selfType: subject.selfType))
  }
}

extension Parameter {
  init?(_ syntax: FunctionParameterSyntax, index: Int, subject: Subject, complaints: inout Complaints) {
    label = syntax.firstName.text
    let own = (syntax.secondName ?? syntax.firstName).text
    name = own == "_" ? "__\(index)" : own.escaped
    let type = syntax.type
    typeText = type.stored.oneLine
    shape = Shape(type.stored, selfType: subject.selfType)
    defaultValue = syntax.defaultValue?.value.text(selfType: subject.selfType)
    let count = complaints.all.count
    check(syntax, subject, &complaints)
    if complaints.all.count > count { return nil }
  }

  private func check(_ syntax: FunctionParameterSyntax, _ subject: Subject, _ complaints: inout Complaints) {
    let type = syntax.type
    let stored = type.stored
    if let specifier = type.specifier(.inout) {
      var plain = type
      plain.removeSpecifier(.inout)
      complaints.error(
        specifier, "'inout' cannot reach the caller's process; return the new value instead",
        fixIts: [.replace("remove 'inout'", type, with: plain)] + subject.exclude)
    }
    if let specifier = type.specifier(.isolated) {
      complaints.error(specifier, "an 'isolated' parameter cannot cross a process boundary", fixIts: subject.exclude)
    }
    if let ellipsis = syntax.ellipsis {
      let array: TypeSyntax = "[\(raw: stored.trimmedDescription)]"
      complaints.error(
        ellipsis, "\(subject.noun) cannot take a variable number of arguments; take an array",
        fixIts: [
          .replace("take an array", syntax, with: syntax.with(\.type, array).with(\.ellipsis, nil))
        ] + subject.exclude)
    }
    if stored.is(FunctionTypeSyntax.self) || stored.optionalWrapped.map({ $0.is(FunctionTypeSyntax.self) }) == true {
      complaints.error(
        type, "a function cannot cross a process boundary; send the values it would capture", fixIts: subject.exclude)
    }
    if let opaque = stored.as(SomeOrAnyTypeSyntax.self), opaque.someOrAnySpecifier.tokenKind == .keyword(.some) {
      complaints.error(
        type, "'some' stands for a generic parameter; \(subject.noun) needs a concrete type", fixIts: subject.exclude)
    }
  }
}

extension TypeSyntax {
  func specifier(_ keyword: Keyword) -> SimpleTypeSpecifierSyntax? {
    guard let attributed = self.as(AttributedTypeSyntax.self) else { return nil }
    for case .simpleTypeSpecifier(let specifier) in attributed.specifiers
    where specifier.specifier.tokenKind == .keyword(keyword) {
      return specifier
    }
    return nil
  }

  mutating func removeSpecifier(_ keyword: Keyword) {
    guard let attributed = self.as(AttributedTypeSyntax.self) else { return }
    let kept = attributed.specifiers.filter { element in
      if case .simpleTypeSpecifier(let specifier) = element { return specifier.specifier.tokenKind != .keyword(keyword) }
      return true
    }
    self =
      kept.isEmpty && attributed.attributes.isEmpty
      ? attributed.baseType : TypeSyntax(attributed.with(\.specifiers, kept))
  }

  /// The type inside of `T?` or `(T)?`.
  var optionalWrapped: TypeSyntax? {
    guard let optional = self.as(OptionalTypeSyntax.self) else { return nil }
    if let tuple = optional.wrappedType.as(TupleTypeSyntax.self), tuple.elements.count == 1 { return tuple.elements.first?.type }
    return optional.wrappedType
  }
}
