/// Generates the functions a user calls: one per combination of values and references, all leading to one `__submit`.
///
/// Combinations keep literals, defaults and type inference as in the plain call. Their number doubles with each parameter,
/// so that beyond four parameters every parameter is an `Arg` (``combinationCountMax``).
struct CallSurface {
  static let combinationParameterMax = 4

  var access: String
  var signature: Signature
  /// What all of the functions return.
  var result: String
  var function: String
  /// The function they call, with one `Arg` per parameter.
  var target: String
  var isStatic = false
  /// Whether the call is worth making for its effect alone. A stream or an actor that nobody holds ends at once.
  var isDiscardable = false
  /// Whether the place of the user's call is handed on: errors show it.
  var hasSite = false

  func write(to code: inout CodeWriter) {
    let head = "\(isDiscardable ? "@discardableResult " : "")\(access)\(isStatic ? "nonisolated static " : "")func \(function)"
    for variant in variants {
      let site = hasSite ? ["__file: StaticString = #fileID", "__line: UInt = #line"] : []
      let parameters = (zip(signature.parameters, variant).map(declaration) + site).joined(separator: ", ")
      let arguments = (zip(signature.parameters, variant).map(argument) + (hasSite ? ["__file", "__line"] : []))
        .joined(separator: ", ")
      code.line("\(head)(\(parameters)) throws -> \(result) { try \(target)(\(arguments)) }")
    }
  }

  private enum Form { case value, reference, either }

  private var variants: [[Form]] {
    let count = signature.parameters.count
    if count > Self.combinationParameterMax { return [Array(repeating: .either, count: count)] }
    return (0..<(1 << count)).map { bits in (0..<count).map { bits & (1 << $0) == 0 ? .value : .reference } }
  }

  private func declaration(_ parameter: Parameter, _ form: Form) -> String {
    let head = parameter.labelAndName
    return switch form {
    case .value: "\(head): \(parameter.shape.type)" + (parameter.defaultValue.map { " = \($0)" } ?? "")
    case .reference: "\(head): \(parameter.referenceType)"
    case .either: "\(head): \(parameter.argumentType)" + (parameter.defaultValue.map { " = .value(\($0))" } ?? "")
    }
  }

  private func argument(_ parameter: Parameter, _ form: Form) -> String {
    switch form {
    case .value: ".value(\(parameter.name))"
    case .reference: ".ref(\(parameter.name))"
    case .either: parameter.name
    }
  }
}

/// Generates `__submit`: encodes the arguments and hands the call to the runtime.
struct Submission {
  var name: String
  var access = "private"
  var signature: Signature
  var result: String
  /// `Ray::FunctionCall.submit(Self.__entry, options, …)` up to the arguments closure.
  var call: String
  /// Whether `call` uses `__file` and `__line`.
  var hasSite = false

  func write(to code: inout CodeWriter) {
    let site = hasSite ? ["_ __file: StaticString", "_ __line: UInt"] : []
    let parameters = (signature.parameters.enumerated().map { "_ __a\($0): \($1.argumentType)" } + site)
      .joined(separator: ", ")
    code.block("\(access) func \(name)(\(parameters)) throws -> \(result) {") { code in
      if signature.parameters.isEmpty {
        code.line("try \(call) { _ in }")
      } else {
        code.block("try \(call) { (__w: inout Ray::ArgumentWriter) in") { code in
          for (index, parameter) in signature.parameters.enumerated() { append(parameter, "__a\(index)", &code) }
        }
      }
    }
  }

  private func append(_ parameter: Parameter, _ name: String, _ code: inout CodeWriter) {
    switch parameter.shape {
    case .value: code.line("try __w.append(\(name))")
    case .void, .tuple:
      code.block("try __w.append(\(name)) { (__v: \(parameter.shape.type), __w: inout Ray::ByteWriter) in") { code in
        for line in parameter.shape.encode("__v", "__w") { code.line(line) }
      }
    }
  }
}
