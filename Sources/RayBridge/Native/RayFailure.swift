internal import MessagePack
internal import RayEngine
package import RayProtocol

/// Failures that Ray's C++ interface hands out as values, because it knows a few kinds only: Ray's message about the failure, as a binary
/// value.
package enum RayFailure {
  /// - Parameter value: MessagePack.
  package static func error(in value: UnsafeRawBufferPointer) -> RayError? {
    // Binary values begin with one of three bytes; nothing else is looked at.
    guard let first = value.first, (0xC4...0xC6).contains(first) else { return nil }
    var reader = ByteReader(RawSpan(_unsafeBytes: value))
    guard let content = try? reader.getBinary() else { return nil }
    return content.withUnsafeBytes { error(about: RayMessage($0)) }
  }

  /// Field 5 of `RayErrorInfo` is the text, field 11 the kind; 2 to 4 say more of some kinds.
  private static func error(about message: RayMessage) -> RayError? {
    guard let kind = message.number(11) ?? (message.bytes(4) == nil ? nil : 25), let code = code(of: kind) else { return nil }
    let text = message.text(5)
    guard text != nil || message.bytes(2) != nil || message.bytes(3) != nil || message.bytes(4) != nil else { return nil }
    return RayError(code, text.flatMap { $0.isEmpty ? nil : $0 } ?? "Ray says no more of it")
  }

  /// Numbers of Ray's `ErrorType`.
  private static func code(of kind: UInt64) -> RayError.Code? {
    switch kind {
    case 0, 33: .workerCrashed
    case 1, 6: .actorDied
    case 5, 31: .taskCancelled
    case 7: .runtimeEnvironmentFailed
    case 8, 10, 12...14, 26...30, 32: .objectLost
    case 9: .ownerDied
    case 11: .taskFailed
    case 15, 23: .nodeDied
    case 18, 19: .infeasible
    case 20: .objectStoreFull
    case 21: .objectReleased
    case 22: .outOfMemory
    case 25: .actorUnavailable
    default: nil
    }
  }
}
