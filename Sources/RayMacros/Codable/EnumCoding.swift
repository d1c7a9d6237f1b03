internal import SwiftSyntax

/// Writes the codec of an enum: its raw value if it has one, else the case's name; where any case has associated values,
/// an array of the name and the values.
struct EnumCoding {
  struct Case {
    var name: String
    var values: [(label: String?, type: String)]
  }

  var cases: [Case]
  var access: String
  var typeName: String
  var rawType: String?

  private static let rawTypes: Set<String> = [
    "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "String", "Double", "Float",
  ]

  init?(_ declaration: EnumDeclSyntax, _ complaints: inout Complaints) {
    cases = []
    for member in declaration.memberBlock.members {
      if let conditional = member.decl.as(IfConfigDeclSyntax.self) {
        Self.checkConditional(conditional, &complaints)
      } else if let declaration = member.decl.as(EnumCaseDeclSyntax.self) {
        cases += declaration.elements.map { Self.makeCase($0, &complaints) }
      }
    }
    if cases.isEmpty { complaints.error(declaration.name, "'@RayCodable' needs an enum with cases: one without has no values") }
    access = Access(declaration.modifiers).memberPrefix
    typeName = declaration.name.text.bare
    rawType = declaration.inheritanceClause?.inheritedTypes.first.map { $0.type.trimmedDescription }
      .flatMap { Self.rawTypes.contains($0) ? $0 : nil }
    if complaints.hasErrors { return nil }
  }

  private static func makeCase(_ element: EnumCaseElementSyntax, _ complaints: inout Complaints) -> Case {
    let values = element.parameterClause?.parameters.map { parameter -> (label: String?, type: String) in
      let type = parameter.type
      if case .tuple = Shape(type) {
        complaints.error(type, "a tuple has no codec; declare a '@RayCodable' struct for it")
      } else if type.stored.is(FunctionTypeSyntax.self) {
        complaints.error(type, "a function cannot cross a process boundary")
      }
      let label = parameter.firstName.map(\.text).flatMap { $0 == "_" ? nil : $0 }
      return (label, type.storageText("Self"))
    }
    return Case(name: element.name.text, values: values ?? [])
  }

  private static func checkConditional(_ conditional: IfConfigDeclSyntax, _ complaints: inout Complaints) {
    let hasCases = conditional.clauses.contains { clause in
      guard case .decls(let members) = clause.elements else { return false }
      return members.contains { $0.decl.is(EnumCaseDeclSyntax.self) }
    }
    guard hasCases else { return }
    complaints.error(conditional, "'@RayCodable' cannot have cases inside of '#if': programs would disagree about them")
  }

  private var carriesValues: Bool { cases.contains { !$0.values.isEmpty } }

  var code: String {
    var code = CodeWriter()
    code.block("nonisolated \(access)func encode(into __writer: inout Ray::ByteWriter) {") { code in
      if rawType != nil {
        code.line("__writer.put(self.rawValue)")
      } else {
        code.block("switch self {") { code in
          for item in cases { writeEncode(item, &code) }
        }
      }
    }
    let head =
      "nonisolated \(access)static func decode(from __reader: inout Ray::ByteReader) throws(Ray::MessagePackError) -> Self {"
    code.block(head) { code in
      if let rawType { writeDecodeRaw(rawType, &code) } else { writeDecode(&code) }
    }
    if carriesValues {
      writeHint(&code)
      writePartTypes(&code)
    }
    return code.text
  }

  private func pattern(_ item: Case) -> String {
    guard !item.values.isEmpty else { return ".\(item.name)" }
    return ".\(item.name)(\(item.values.indices.map { "let __\($0)" }.joined(separator: ", ")))"
  }

  private func writeEncode(_ item: Case, _ code: inout CodeWriter) {
    code.line("case \(pattern(item)):")
    if carriesValues { code.line("__writer.putArrayHeader(\(item.values.count + 1))") }
    code.line("__writer.put(key: \(item.name.bare.quoted))")
    for index in item.values.indices { code.line("__writer.put(nested: __\(index))") }
  }

  private func writeDecodeRaw(_ rawType: String, _ code: inout CodeWriter) {
    code.line("let __value = try __reader.get(\(rawType).self)")
    code.line("guard let __case = Self(rawValue: __value) else {")
    code.line("  throw Ray::RayCoding.unknownRawValue(__value, of: \(typeName.quoted))")
    code.line("}")
    code.line("return __case")
  }

  private func writeDecode(_ code: inout CodeWriter) {
    if carriesValues { code.line("let __count = try __reader.getArrayHeader()") }
    for item in cases {
      code.block("if __reader.take(key: \(item.name.bare.quoted)) {") { code in
        if carriesValues {
          code.line(
            "try Ray::RayCoding.expect(\(item.values.count), found: __count, for: \((typeName + "." + item.name.bare).quoted))")
        }
        let values = item.values.map { ($0.label.map { "\($0): " } ?? "") + "try __reader.get((\($0.type)).self)" }
        code.line("return .\(item.name)" + (values.isEmpty ? "" : "(\(values.joined(separator: ", ")))"))
      }
    }
    code.line("throw Ray::RayCoding.unknownCase(of: \(typeName.quoted), &__reader)")
  }

  private func writePartTypes(_ code: inout CodeWriter) {
    let types = cases.flatMap(\.values).map { "(\($0.type)).self" }
    code.line("nonisolated \(access)static var partTypes: [Any.Type] { [\(types.joined(separator: ", "))] }")
  }

  private func writeHint(_ code: inout CodeWriter) {
    code.block("nonisolated \(access)var encodedByteCountHint: Int {") { code in
      code.block("switch self {") { code in
        for item in cases {
          let values = item.values.indices.map { "Ray::RayCoding.byteCountHint(__\($0))" }
          code.line("case \(pattern(item)): \((["\(item.name.bare.utf8.count + 2)"] + values).joined(separator: " + "))")
        }
      }
    }
  }
}
