internal import SwiftDiagnostics
internal import SwiftSyntax

/// Picks what of a class or actor can be reached from other processes.
enum ActorMembers {
  /// Names that a handle has itself; a method of that name is reached through `handle.methods`.
  private static let handleMembers: Set<String> = [
    "id", "kill", "methods", "encode", "encodedByteCountHint", "hash", "hashValue",
  ]

  static func creator(
    of declaration: some DeclGroupSyntax, named name: TokenSyntax, path: String, complaints: inout Complaints
  ) -> ActorModel.Creator {
    let all = declaration.memberBlock.members.compactMap { $0.decl.as(InitializerDeclSyntax.self) }
    let usable = all.filter { !Access($0.modifiers).isFilePrivate && $0.attributes.first(named: "LocalOnly") == nil }
    if let second = usable.dropFirst().first {
      complaints.error(
        second.initKeyword, "'@RemoteActor' can be created in one way only; mark the other initializers '@LocalOnly'",
        fixIts: [localOnly(second)])
    }
    if let initializer = usable.first {
      let subject = Subject(
        noun: "an actor's initializer", selfType: path, exclude: all.count > 1 ? [localOnly(initializer)] : [])
      let signature = Signature(
        initializer.signature, generics: initializer.genericParameterClause, whereClause: initializer.genericWhereClause,
        isInitializer: true, subject: subject, complaints: &complaints)
      return .init(access: Access(initializer.modifiers), signature: signature, isFailable: initializer.optionalMark != nil)
    }
    if !all.isEmpty {
      complaints.error(name, "'@RemoteActor' needs an initializer that is not private and not '@LocalOnly'")
    }
    return .init(access: .public, signature: .empty)
  }

  static func methods(
    of declaration: some DeclGroupSyntax, isActor: Bool, path: String, complaints: inout Complaints
  ) -> [(base: String, overloads: [ActorModel.Method])] {
    var methods: [(base: String, overloads: [ActorModel.Method])] = []
    for member in declaration.memberBlock.members {
      if let conditional = member.decl.as(IfConfigDeclSyntax.self) {
        warnAboutConditional(conditional, &complaints)
        continue
      }
      guard let function = member.decl.as(FunctionDeclSyntax.self), isRemote(function) else { continue }
      let method = method(function, isActor: isActor, path: path, &complaints)
      if let index = methods.firstIndex(where: { $0.base == method.base }) {
        methods[index].overloads.append(method)
      } else {
        methods.append((method.base, [method]))
      }
    }
    return methods
  }

  private static func isRemote(_ function: FunctionDeclSyntax) -> Bool {
    guard case .identifier = function.name.tokenKind else { return false }
    return !Access(function.modifiers).isFilePrivate && !function.modifiers.has(.static) && !function.modifiers.has(.class)
      && function.attributes.first(named: "LocalOnly") == nil
  }

  private static func method(
    _ function: FunctionDeclSyntax, isActor: Bool, path: String, _ complaints: inout Complaints
  ) -> ActorModel.Method {
    if let attribute = function.attributes.first(named: "Remote") {
      complaints.error(
        attribute, "methods of a '@RemoteActor' are remote without '@Remote'", fixIts: [remove(attribute, function)])
    }
    if !isActor, let attribute = function.attributes.first(named: "MainActor") {
      complaints.error(
        attribute,
        "a method of a class cannot be bound to the main actor, the other calls use the instance elsewhere: make the type an actor, "
          + "or visit the main actor from inside", fixIts: [localOnly(function)])
    }
    let base = function.name.text.bare
    if handleMembers.contains(base), function.name.text == base {
      complaints.warning(
        function.name,
        "a handle has a member '\(base)' of its own; call this method through 'handle.methods.\(base)', "
          + "and write its name in back-ticks to say that you know",
        fixIts: [.replace("write '`\(base)`'", function.name, with: function.name.rewritten("`\(base)`"))])
    }
    let signature = Signature(
      function.signature, generics: function.genericParameterClause, whereClause: function.genericWhereClause,
      subject: Subject(noun: "a remote method", selfType: path, exclude: [localOnly(function)]), complaints: &complaints)
    let isolated = isActor && !function.modifiers.has(.nonisolated)
    let needsAwait = signature.isAsync || isolated || function.attributes.first(named: "MainActor") != nil
    return .init(
      base: base, access: Access(function.modifiers), documentation: function.documentation, signature: signature,
      needsAwait: needsAwait)
  }

  private static func warnAboutConditional(_ conditional: IfConfigDeclSyntax, _ complaints: inout Complaints) {
    let hasMethods = conditional.clauses.contains { clause in
      guard case .decls(let members) = clause.elements else { return false }
      return members.contains { $0.decl.as(FunctionDeclSyntax.self).map(isRemote) ?? false }
    }
    guard hasMethods else { return }
    complaints.warning(
      conditional, "methods inside of '#if' are not remote; put the '#if' into their bodies, or mark them '@LocalOnly'")
  }

  private static func localOnly(_ declaration: some DeclSyntaxProtocol) -> FixIt {
    .prefix("keep it local with '@LocalOnly'", declaration, with: "@LocalOnly ")
  }

  private static func remove(_ attribute: AttributeSyntax, _ function: FunctionDeclSyntax) -> FixIt {
    let kept = function.attributes.filter { element in
      if case .attribute(let other) = element { return other.id != attribute.id }
      return true
    }
    var fixed = function
    fixed.attributes = kept
    fixed.leadingTrivia = function.leadingTrivia
    return .replace("remove '@Remote'", function, with: fixed)
  }
}

extension Signature {
  /// The signature of an initializer nobody wrote.
  static var empty: Signature {
    Signature(parameters: [], outcome: .value(.void), resultText: "Void", isAsync: false, isThrowing: false)
  }
}
