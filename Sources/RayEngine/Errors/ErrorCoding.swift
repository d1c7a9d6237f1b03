package import RayProtocol

/// Failures as bytes: what travels in place of a value.
package enum ErrorCoding {
  package static func encode(_ error: RayError) -> [UInt8] {
    var writer = NodeMessageWriter()
    let details = error.details
    writer.put(error.code.value.rawValue)
    writer.put(error.message)
    put(details.task.map { ($0.owner.rawValue, $0.index) }, &writer)
    put(details.actor.map { ($0.creator.rawValue, $0.index) }, &writer)
    writer.put(details.worker?.rawValue ?? 0)
    writer.put(details.node?.rawValue ?? 0)
    writer.put(UInt32(clamping: details.attempt ?? 0))
    writer.put(details.function ?? "")
    writer.put(details.callSite ?? "")
    writer.put(details.errorType ?? "")
    writer.put(details.backtrace)
    writer.put(details.logTail)
    writer.put(details.typedError?.mangledType ?? "")
    writer.put(details.typedError?.bytes ?? [])
    writer.put(details.cause != nil)
    if let cause = details.cause { writer.put(encode(rayError(from: cause))) }
    return writer.bytes
  }

  package static func decode(_ bytes: UnsafeRawBufferPointer) -> RayError { decode(bytes, depth: 0) }

  private static func decode(_ bytes: UnsafeRawBufferPointer, depth: Int) -> RayError {
    do throws(RayError) {
      var reader = NodeMessageReader(bytes, kind: .death)
      return try decode(&reader, depth: depth)
    } catch {
      return RayError(.protocolViolation, "an error of \(bytes.count) bytes arrived that is none: \(error.message)")
    }
  }

  /// Any error as one of ours; a foreign one keeps its type's name and text.
  package static func rayError(from error: any Error) -> RayError {
    if let error = error as? RayError { return error }
    if error is CancellationError { return RayError(.taskCancelled, "the task was cancelled while it ran") }
    var details = RayError.Details()
    details.errorType = String(reflecting: type(of: error))
    details.typedError = TypedErrors.payload(of: error)
    return RayError(.taskFailed, String(describing: error), details: details)
  }

  private static func put(_ pair: (UInt64, UInt64)?, _ writer: inout NodeMessageWriter) {
    writer.put(pair != nil)
    if let pair {
      writer.put(pair.0)
      writer.put(pair.1)
    }
  }

  private static func pair(_ reader: inout NodeMessageReader) throws(RayError) -> (UInt64, UInt64)? {
    guard try reader.bool() else { return nil }
    return (try reader.integer(), try reader.integer())
  }

  private static func decode(_ reader: inout NodeMessageReader, depth: Int) throws(RayError) -> RayError {
    guard let code = RayError.Code.Value(rawValue: try reader.integer()), depth < 16 else {
      throw RayError(.protocolViolation, "unknown error code")
    }
    let message = try reader.string()
    var details = RayError.Details()
    details.task = try pair(&reader).map { TaskID(owner: WorkerID($0.0), index: $0.1) }
    details.actor = try pair(&reader).map { ActorID(creator: WorkerID($0.0), index: $0.1) }
    details.worker = nonzero(try reader.integer(UInt64.self)).map { WorkerID($0) }
    details.node = nonzero(try reader.integer(UInt64.self)).map { NodeID($0) }
    details.attempt = nonzero(UInt64(try reader.integer(UInt32.self))).map { Int($0) }
    details.function = nonempty(try reader.string())
    details.callSite = nonempty(try reader.string())
    details.errorType = nonempty(try reader.string())
    details.backtrace = try reader.list()
    details.logTail = try reader.list()
    let mangledType = try reader.string()
    let payload = try reader.blob()
    if !mangledType.isEmpty { details.typedError = .init(mangledType: mangledType, bytes: payload) }
    if try reader.bool() {
      let cause = try reader.blob()
      details.cause = cause.withUnsafeBytes { decode($0, depth: depth + 1) }
    }
    return RayError(.init(code), message, details: details)
  }

  private static func nonzero(_ value: UInt64) -> UInt64? { value == 0 ? nil : value }
  private static func nonempty(_ text: String) -> String? { text.isEmpty ? nil : text }
}
