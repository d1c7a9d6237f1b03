/// Writes the code for one `@Remote` function.
struct RemoteFunctionExpansion {
  var function: RemoteFunctionModel

  private var typeName: String { "__Remote_\(function.base.bare)" }
  private var member: String { function.access.memberPrefix }

  /// `var $name: __Remote_name`.
  var property: String {
    let head =
      "\(function.documentation)\(function.availability)nonisolated \(function.access.prefix)\(function.isStatic ? "static " : "")"
    return "\(head)var $\(function.base.bare): \(typeName) { \(typeName)() }"
  }

  /// `struct __Remote_name: Ray::RemoteFunction`.
  var type: String {
    var code = CodeWriter()
    code.block("\(function.availability)nonisolated \(function.access.prefix)struct \(typeName): Ray::RemoteFunction {") { code in
      code.line("\(member)var options: Ray::TaskOptions = __entry.options")
      writeEntry(&code)
      code.line(Record.declaration(entry: "__entry"))
      Calls(
        signature: function.signature, access: member, target: "Self.__entry, options", submitter: "Ray::FunctionCall"
      ).write(to: &code)
    }
    return code.text
  }

  private func writeEntry(_ code: inout CodeWriter) {
    let signature = function.signature
    let thunk = Thunk(signature: signature, callee: function.callee, isAsync: function.needsAwait)
    code.block("\(member)static let __entry = Ray::RemoteEntry(", end: ")") { code in
      code.line("name: \(function.entryName.quoted), parameters: \(signature.metadata),")
      code.line("resultType: \(signature.resultText.quoted), types: \(signature.types),")
      code.line("options: Ray::TaskOptions(\(function.options ?? "")), usesRay: \(function.usesRay),")
      code.line("body: \(thunk.code)")
    }
  }
}
