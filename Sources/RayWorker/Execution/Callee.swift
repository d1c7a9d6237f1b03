internal import RayEngine
internal import RayProtocol

/// What a function number stands for in this process, and how long it takes.
final class Callee {
  enum Body {
    case function(RemoteEntry.Body)
    case method(ActorMethodEntry.Body)
    case unknown
  }

  let body: Body
  let signature: CallSignature
  let streams: Bool
  /// Whether it never suspends.
  let mayRunAtOnce: Bool
  /// Moving average of run times in nanoseconds; predicts whether the sockets must be handed over before user code runs.
  @exclusivity(unchecked) private var average: UInt64 = 0
  @exclusivity(unchecked) private var isMeasured = false
  /// A function never measured may be long.
  var isLong: Bool { !isMeasured || average > 100_000 }

  typealias Resolve = @Sendable (UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer

  init(_ entry: RemoteEntry, _ resolve: @escaping Resolve) {
    body = .function(entry.body)
    streams = if case .stream = entry.body { true } else { false }
    mayRunAtOnce = if case .sync = entry.body { true } else { false }
    signature = CallSignature(function: entry.name, parameters: entry.parameters, resolve: resolve)
  }

  init(_ entry: ActorMethodEntry, _ resolve: @escaping Resolve) {
    body = .method(entry.body)
    streams = if case .stream = entry.body { true } else { false }
    mayRunAtOnce = if case .sync = entry.body { true } else { false }
    signature = CallSignature(function: entry.name, parameters: entry.parameters, resolve: resolve)
  }

  init(unknown name: String) {
    body = .unknown
    streams = false
    mayRunAtOnce = true
    signature = CallSignature(function: name, parameters: []) { $0 }
  }

  func note(_ nanoseconds: UInt64) {
    average = isMeasured ? (average * 7 + nanoseconds) / 8 : nanoseconds
    isMeasured = true
  }
}
