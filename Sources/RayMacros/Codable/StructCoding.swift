internal import SwiftSyntax

/// Writes the codec of a struct: a map from field names to values.
///
/// Reading expects the fields in the order they are declared, where one comparison per field suffices; whatever is then left
/// is read in any order, and unknown names are skipped, so that programs of different versions understand each other.
struct StructCoding {
  var fields: [StoredField]
  var access: String
  var typeName: String

  init?(_ declaration: StructDeclSyntax, _ complaints: inout Complaints) {
    fields = StoredField.all(in: declaration, &complaints)
    access = Access(declaration.modifiers).memberPrefix
    typeName = declaration.name.text
    if complaints.hasErrors { return nil }
  }

  var code: String {
    var code = CodeWriter()
    writeEncode(&code)
    writeDecode(&code)
    writeHint(&code)
    return code.text
  }

  private func writeEncode(_ code: inout CodeWriter) {
    code.block("nonisolated \(access)func encode(into __writer: inout Ray::ByteWriter) {") { code in
      code.line("__writer.putMapHeader(\(fields.count))")
      for field in fields {
        code.line("__writer.put(key: \(field.name.bare.quoted))")
        code.line("__writer.put(nested: self.\(field.name))")
      }
    }
  }

  /// All reading happens in an initializer: there the types of fields without annotation need no name.
  private func writeDecode(_ code: inout CodeWriter) {
    let parameter = "from __reader: inout Ray::ByteReader) throws(Ray::MessagePackError)"
    code.line("nonisolated \(access)static func decode(\(parameter) -> Self { try Self(__from: &__reader) }")
    code.block("nonisolated private init(__\(parameter) {") { code in
      code.line("var __left = try __reader.getMapHeader()")
      for (index, field) in fields.enumerated() {
        code.line("let __type\(index) = \(typeExpression(field))")
        code.line("var __field\(index) = Ray::RayCoding.missing(__type\(index))")
      }
      for index in fields.indices {
        code.block("if __left > 0, __reader.take(key: \(fields[index].name.bare.quoted)) {") { code in
          code.line("__field\(index) = try __reader.get(__type\(index))")
          code.line("__left -= 1")
        }
      }
      writeRest(&code)
      writeResult(&code)
    }
  }

  /// Fields in another order, and fields this program does not know.
  private func writeRest(_ code: inout CodeWriter) {
    code.block("while __left > 0 {") { code in
      code.line("__left -= 1")
      var keyword = "if"
      for index in fields.indices {
        code.line(
          "\(keyword) __reader.take(key: \(fields[index].name.bare.quoted)) { __field\(index) = try __reader.get(__type\(index)) }"
        )
        keyword = "else if"
      }
      let skip = "try __reader.skip(); try __reader.skip()"
      code.line(fields.isEmpty ? skip : "else { \(skip) }")
    }
  }

  private func writeResult(_ code: inout CodeWriter) {
    for (index, field) in fields.enumerated() {
      if let value = field.defaultValue {
        code.line("self.\(field.name) = __field\(index) ?? (\(value))")
      } else if field.isOptional {
        code.line("self.\(field.name) = __field\(index) ?? nil")
      } else {
        let failure = "Ray::RayCoding.missingField(\(field.name.bare.quoted), of: \(typeName.bare.quoted))"
        code.line("guard let __field\(index) else { throw \(failure) }")
        code.line("self.\(field.name) = __field\(index)")
      }
    }
  }

  private func writeHint(_ code: inout CodeWriter) {
    guard !fields.isEmpty else { return }
    let keys = fields.reduce(0) { $0 + $1.name.bare.utf8.count + 2 }
    let values = fields.map { "Ray::RayCoding.byteCountHint(self.\($0.name))" }.joined(separator: " + ")
    code.line("nonisolated \(access)var encodedByteCountHint: Int { \(keys) + \(values) }")
  }

  private func typeExpression(_ field: StoredField) -> String {
    if let type = field.type { return "(\(type)).self" }
    return "Ray::RayCoding.type { \(field.defaultValue ?? "()") }"
  }
}
