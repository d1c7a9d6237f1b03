/// Writes the members of one `@RemoteActor` type.
struct ActorExpansion {
  var model: ActorModel

  private var access: String { model.access.memberPrefix }
  private var creatorAccess: String { min(model.access, model.creator.access).memberPrefix }
  private var handle: String { "Ray::ActorHandle<\(model.typePath)>" }

  var members: [String] {
    [remotes, creator, methods, entry, Record.declaration(entry: "__entry")].filter { !$0.isEmpty }
  }

  // MARK: Creation

  /// `static func remote(...)`, with the options of the declaration.
  private var remotes: String {
    var code = CodeWriter()
    CallSurface(
      access: creatorAccess, signature: model.creator.signature, result: handle, function: "remote",
      target: "Creator(options: __entry.options).__remote", isStatic: true
    ).write(to: &code)
    return code.text
  }

  private var creator: String {
    var code = CodeWriter()
    code.block("nonisolated \(access)struct Creator: Ray::ActorCreator {") { code in
      code.line("\(access)var options: Ray::ActorOptions")
      code.line("\(access)init(options: Ray::ActorOptions) { self.options = options }")
      Submission(
        name: "__remote", access: "fileprivate", signature: model.creator.signature, result: handle,
        call: "Ray::ActorCreation.submit(__entry, options)"
      ).write(to: &code)
      CallSurface(
        access: creatorAccess, signature: model.creator.signature, result: handle, function: "remote", target: "__remote"
      ).write(to: &code)
    }
    return code.text
  }

  // MARK: Methods

  private var methods: String {
    var code = CodeWriter()
    code.block("nonisolated \(access)struct Methods: Ray::ActorMethods {") { code in
      code.line("\(access)let __core: Ray::ActorCore")
      code.line("\(access)init(__core: Ray::ActorCore) { self.__core = __core }")
      for group in model.methods { write(group.base, group.overloads, &code) }
    }
    return code.text
  }

  private func write(_ base: String, _ overloads: [ActorModel.Method], _ code: inout CodeWriter) {
    let access = min(model.access, overloads.map(\.access).max() ?? .internal).memberPrefix
    for line in overloads[0].documentation.split(separator: "\n") { code.line(String(line)) }
    code.line("\(access)var \(base.escaped): __Method_\(base) { __Method_\(base)(__core: __core) }")
    code.block("\(access)struct __Method_\(base): Ray::ActorMethod {") { code in
      code.line("fileprivate let __core: Ray::ActorCore")
      code.line("\(access)var options: Ray::TaskOptions = .standard")
      code.line("fileprivate init(__core: Ray::ActorCore) { self.__core = __core }")
      for (index, method) in overloads.enumerated() {
        code.line(entry(method, "__entry\(index)"))
        Calls(
          signature: method.signature, access: min(model.access, method.access).memberPrefix,
          target: "Self.__entry\(index), __core, options", submitter: "Ray::MethodCall", suffix: "\(index)"
        ).write(to: &code)
      }
    }
  }

  private func entry(_ method: ActorModel.Method, _ name: String) -> String {
    let signature = method.signature
    let thunk = Thunk(
      signature: signature, callee: "__actor.\(method.base.escaped)", receiver: "__self: AnyObject, ",
      preparation: "let __actor = Ray::ActorMethodEntry.receiver(__self, as: \(model.typePath).self)",
      isAsync: method.needsAwait)
    var code = CodeWriter()
    code.block("fileprivate static let \(name) = Ray::ActorMethodEntry(", end: ")") { code in
      let full = "\(model.entryName).\(signature.name(method.base))"
      code.line("name: \(full.quoted), parameters: \(signature.metadata), resultType: \(signature.resultText.quoted),")
      code.line("types: \(signature.types),")
      code.line("body: \(thunk.code)")
    }
    return code.text
  }

  // MARK: Entry

  private var entry: String {
    let signature = model.creator.signature
    let effects = (signature.isThrowing || !signature.parameters.isEmpty ? "try " : "") + (signature.isAsync ? "await " : "")
    var code = CodeWriter()
    code.block("nonisolated \(access)static let __entry = Ray::ActorEntry(", end: ")") { code in
      code.line("name: \(model.entryName.quoted), parameters: \(signature.metadata), types: \(signature.types),")
      code.line("options: Ray::ActorOptions(\(model.options ?? "")),")
      code.line("isConcurrent: \(model.isConcurrent), usesRay: \(model.usesRay),")
      code.block("create: { (__args: Ray::TaskArguments) async throws -> AnyObject in", end: "},") { code in
        code.line("try __args.expect(count: \(signature.parameters.count))")
        let call = "\(effects)\(model.typePath)(\(signature.decodedArguments))"
        if model.creator.isFailable {
          code.line("guard let __actor = \(call) else { throw Ray::ActorEntry.refused(\(model.typePath).self) }")
          code.line("return __actor")
        } else {
          code.line("return \(call)")
        }
      }
      let entries = model.methods.flatMap { group in
        group.overloads.indices.map { "Methods.__Method_\(group.base).__entry\($0)" }
      }
      code.line("methods: [\(entries.joined(separator: ", "))]")
    }
    return code.text
  }
}
