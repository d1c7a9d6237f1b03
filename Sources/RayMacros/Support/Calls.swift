/// Generates `remote`, and `split` for tuples, of one function, method or set of overloads.
struct Calls {
  var signature: Signature
  var access: String
  /// The arguments that name what is called, such as `Self.__entry, options`.
  var target: String
  /// The type whose functions submit: `Ray::FunctionCall` or `Ray::MethodCall`.
  var submitter: String
  /// Tells the submitting functions of overloads apart.
  var suffix = ""

  func write(to code: inout CodeWriter) {
    let result = signature.outcome.remoteType
    switch signature.outcome {
    case .stream(let element):
      write("remote", result, "\(submitter).stream(\(target), \(element.decoder)", &code)
    case .value(let shape):
      write("remote", result, "\(submitter).submit(\(target), \(shape.decoder)", isDiscardable: true, &code)
      if case .tuple(let elements) = shape {
        let parts = elements.map { ($0.label.map { "\($0): " } ?? "") + "Ray::ObjectRef<\($0.shape.type)>" }
        let decoders = elements.map(\.shape.decoder).joined(separator: ", ")
        write("split", "(\(parts.joined(separator: ", ")))", "\(submitter).split(\(target), \(decoders)", &code)
      }
    }
  }

  /// `call` is the call that submits, without its closing parenthesis.
  private func write(_ name: String, _ result: String, _ call: String, isDiscardable: Bool = false, _ code: inout CodeWriter) {
    let submit = "__\(name)\(suffix)"
    Submission(
      name: submit, signature: signature, result: result, call: "\(call), at: Ray::CallSite(__file, __line))", hasSite: true
    ).write(to: &code)
    CallSurface(
      access: access, signature: signature, result: result, function: name, target: submit, isDiscardable: isDiscardable,
      hasSite: true
    ).write(to: &code)
  }
}
