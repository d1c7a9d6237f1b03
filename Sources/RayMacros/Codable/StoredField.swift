internal import SwiftSyntax

/// A stored property that travels with its struct.
struct StoredField {
  var name: String
  /// Nil when the source leaves it to inference from the default value.
  var type: String?
  var isOptional: Bool
  var defaultValue: String?

  /// The fields of a struct in the order of the source.
  static func all(in declaration: StructDeclSyntax, _ complaints: inout Complaints) -> [StoredField] {
    var fields: [StoredField] = []
    for member in declaration.memberBlock.members {
      if let conditional = member.decl.as(IfConfigDeclSyntax.self) {
        checkConditional(conditional, &complaints)
      } else if let variable = member.decl.as(VariableDeclSyntax.self) {
        fields += Self.fields(of: variable, &complaints)
      }
    }
    return fields
  }

  private static func checkConditional(_ conditional: IfConfigDeclSyntax, _ complaints: inout Complaints) {
    let hasFields = conditional.clauses.contains { clause in
      guard case .decls(let members) = clause.elements else { return false }
      return members.contains { member in
        member.decl.as(VariableDeclSyntax.self).map { variable in
          !isTypeMember(variable) && variable.bindings.contains { !$0.isComputed }
        } ?? false
      }
    }
    guard hasFields else { return }
    complaints.error(
      conditional, "'@RayCodable' cannot have stored properties inside of '#if': programs would disagree about the fields")
  }

  private static func isTypeMember(_ variable: VariableDeclSyntax) -> Bool {
    variable.modifiers.has(.static) || variable.modifiers.has(.class)
  }

  private static func fields(of variable: VariableDeclSyntax, _ complaints: inout Complaints) -> [StoredField] {
    guard !isTypeMember(variable), !variable.modifiers.has(.lazy) else { return [] }
    let isLocal = variable.attributes.first(named: "LocalOnly") != nil
    let isLet = variable.bindingSpecifier.tokenKind == .keyword(.let)
    // `var a, b: Int` gives both the type.
    var following: TypeSyntax?
    var fields: [StoredField] = []
    for binding in variable.bindings.reversed() where !binding.isComputed {
      following = binding.typeAnnotation?.type ?? (binding.initializer == nil ? following : nil)
      // A constant that has its value already is the same everywhere.
      if isLet, binding.initializer != nil { continue }
      if let field = field(binding, following, isLocal, isLet, &complaints) { fields.append(field) }
    }
    return fields.reversed()
  }

  private static func field(
    _ binding: PatternBindingSyntax, _ type: TypeSyntax?, _ isLocal: Bool, _ isLet: Bool, _ complaints: inout Complaints
  ) -> StoredField? {
    guard let name = binding.pattern.as(IdentifierPatternSyntax.self)?.identifier.text else {
      complaints.error(binding.pattern, "'@RayCodable' needs one name per stored property")
      return nil
    }
    let isOptional =
      !isLet && (type?.is(OptionalTypeSyntax.self) == true || type?.is(ImplicitlyUnwrappedOptionalTypeSyntax.self) == true)
    if isLocal {
      if binding.initializer == nil, !isOptional {
        complaints.error(binding.pattern, "a '@LocalOnly' property needs a default value, which it has after it has travelled")
      }
      return nil
    }
    if let type, case .tuple = Shape(type) {
      complaints.error(type, "a tuple has no codec; declare a '@RayCodable' struct for it")
      return nil
    }
    if let type, type.stored.is(FunctionTypeSyntax.self) || type.optionalWrapped?.is(FunctionTypeSyntax.self) == true {
      complaints.error(type, "a function cannot cross a process boundary; mark the property '@LocalOnly' and give it a default")
      return nil
    }
    return StoredField(
      name: name, type: type?.storageText("Self"),
      isOptional: type?.is(OptionalTypeSyntax.self) == true || type?.is(ImplicitlyUnwrappedOptionalTypeSyntax.self) == true,
      defaultValue: binding.initializer?.value.trimmedDescription)
  }
}

extension PatternBindingSyntax {
  /// True for properties with a getter; observers leave a property stored.
  var isComputed: Bool {
    guard let accessors = accessorBlock?.accessors else { return false }
    guard case .accessors(let list) = accessors else { return true }
    return !list.allSatisfy { ["willSet", "didSet"].contains($0.accessorSpecifier.text) }
  }
}
