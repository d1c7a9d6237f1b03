internal import RayProtocol

/// What every call of one function has in common while its arguments are decoded; made once per function, not per call.
package final class CallSignature: Sendable {
  package let function: String
  package let parameters: [RemoteEntry.Parameter]
  /// Finds values in shared memory.
  package let resolve: @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer

  package init(
    function: String, parameters: [RemoteEntry.Parameter],
    resolve: @escaping @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer
  ) {
    self.function = function
    self.parameters = parameters
    self.resolve = resolve
  }

  /// " 'by' (Int)", for messages.
  func label(_ index: Int) -> String {
    guard index < parameters.count else { return "" }
    let parameter = parameters[index]
    return parameter.label == "_" ? " (\(parameter.type))" : " '\(parameter.label)' (\(parameter.type))"
  }
}
