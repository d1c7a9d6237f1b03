/// Generates the closure that runs a call in the worker: decode the arguments, call, encode the result.
struct Thunk {
  var signature: Signature
  /// What stands in front of the argument list.
  var callee: String
  /// Parameters of the closure in front of the arguments, with a comma: the actor for methods.
  var receiver = ""
  /// A statement in front of the call.
  var preparation: String?
  /// Whether the call may suspend.
  var isAsync: Bool

  var code: String {
    var code = CodeWriter()
    switch signature.outcome {
    case .value(let shape): writeValue(shape, &code)
    case .stream(let element): writeStream(element, &code)
    }
    return code.text
  }

  private var call: String {
    let decodes = !signature.parameters.isEmpty
    let effects = (signature.isThrowing || decodes ? "try " : "") + (isAsync ? "await " : "")
    return "\(effects)\(callee)(\(signature.decodedArguments))"
  }

  private func writeValue(_ shape: Shape, _ code: inout CodeWriter) {
    let arguments = isAsync ? "Ray::TaskArguments" : "borrowing Ray::TaskArguments"
    let effects = isAsync ? "async throws" : "throws"
    let head = "\(isAsync ? ".async" : ".sync") { (\(receiver)__args: \(arguments), __out: inout Ray::ByteWriter) \(effects) in"
    code.block(head) { code in
      writePreparation(&code)
      switch shape {
      case .void:
        code.line("\(call)")
        code.line("__out.putNil()")
      case .value:
        code.line("let __result = \(call)")
        code.line("try __out.put(value: __result)")
      case .tuple:
        code.line("let __result = \(call)")
        for line in shape.encode("__result", "__out") { code.line(line) }
      }
    }
  }

  private func writeStream(_ element: Shape, _ code: inout CodeWriter) {
    code.block(".stream { (\(receiver)__args: Ray::TaskArguments, __sink: Ray::StreamSink) async throws in") { code in
      writePreparation(&code)
      code.line("let __elements = \(call)")
      code.block("for try await __element in __elements {") { code in
        code.block("try await __sink.yield { (__out: inout Ray::ByteWriter) throws in") { code in
          for line in element.encode("__element", "__out") { code.line(line) }
        }
      }
    }
  }

  private func writePreparation(_ code: inout CodeWriter) {
    if let preparation { code.line(preparation) }
    code.line("try __args.expect(count: \(signature.parameters.count))")
  }
}
