package import SwiftSyntax
internal import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `@RayCodable`: a `RayValue` conformance that writes and reads the fields of a struct or the cases of an enum directly.
package struct RayCodableMacro: ExtensionMacro {
  package static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax, providingExtensionsOf type: some TypeSyntaxProtocol,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    var complaints = Complaints()
    let body: String? =
      if let type = declaration.as(StructDeclSyntax.self) {
        StructCoding(type, &complaints)?.code
      } else if let type = declaration.as(EnumDeclSyntax.self) {
        EnumCoding(type, &complaints)?.code
      } else {
        unsuitable(declaration, &complaints)
      }
    complaints.report(to: context)
    guard let body, !complaints.hasErrors else { return [] }
    return conformances(of: declaration, type.trimmedDescription, protocols.map(\.trimmedDescription), body)
      .compactMap { source in
        let declaration: DeclSyntax = "\(raw: source)"
        return declaration.as(ExtensionDeclSyntax.self)
      }
  }

  private static func unsuitable(_ declaration: some DeclGroupSyntax, _ complaints: inout Complaints) -> String? {
    complaints.error(
      declaration.introducer,
      "'@RayCodable' needs a struct or an enum: values are copied between processes, objects are not")
    return nil
  }

  /// Every protocol is named: the compiler leaves to the macro what the macro may add. Generic types conform where their
  /// parameters do, and each protocol then has conditions of its own.
  private static func conformances(
    of declaration: some DeclGroupSyntax, _ type: String, _ missing: [String], _ body: String
  ) -> [String] {
    let availability = declaration.attributes.availability
    let generics = declaration.asProtocol((any WithGenericParametersSyntax).self)
    let parameters = generics?.genericParameterClause?.parameters.map(\.name.text) ?? []
    let codecs = missing.filter { !$0.hasSuffix("Sendable") }
    var list: [String] = []
    if !codecs.isEmpty {
      let clause = whereClause(parameters, "Ray::RaySerializable")
      let protocols = codecs.map { "Ray::\($0.split(separator: ".").last ?? "")" }.joined(separator: ", ")
      list.append("\(availability)extension \(type): \(protocols)\(clause) {\n\(body)}")
    }
    if codecs.count < missing.count {
      list.append("\(availability)extension \(type): Sendable\(whereClause(parameters, "Sendable")) {}")
    }
    return list
  }

  private static func whereClause(_ parameters: [String], _ requirement: String) -> String {
    parameters.isEmpty ? "" : " where " + parameters.map { "\($0): \(requirement)" }.joined(separator: ", ")
  }
}
