/// A failure of the transport itself: a system call, a limit, or a misuse by this process.
package struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, as far as a caller can act on it.
  package struct Code: Sendable, Hashable {
    private enum Value: Sendable, Hashable { case closed, frameTooLarge, descriptorLimit, systemCall, invalidArgument, refused }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// The connection has ended; whatever was not acknowledged is lost.
    package static let closed = Self(.closed)
    /// A frame exceeds ``Connection/Configuration/frameByteCountMax``; the connection stays usable.
    package static let frameTooLarge = Self(.frameTooLarge)
    /// This process or system has no descriptors left. May succeed later, or after `ulimit -n` is raised.
    package static let descriptorLimit = Self(.descriptorLimit)
    /// Any other failed system call; see ``TransportError/errorNumber``.
    package static let systemCall = Self(.systemCall)
    /// The caller asked for something that cannot be.
    package static let invalidArgument = Self(.invalidArgument)
    /// The layer above rejects what the peer sent: the peer's fault, its connection is closed.
    package static let refused = Self(.refused)
  }

  package var code: Code
  package var message: String
  /// The system's error number, 0 when no system call was involved.
  package var errorNumber: Int32

  package init(code: Code, message: String, errorNumber: Int32 = 0) {
    self.code = code
    self.message = message
    self.errorNumber = errorNumber
  }

  package var description: String { message }
}

/// Why a connection ended.
package enum CloseReason: Sendable, Hashable, CustomStringConvertible {
  /// The peer closed its end, or died, between two frames.
  case endOfStream
  /// The peer closed its end, or died, inside a frame.
  case truncatedFrame(receivedByteCount: Int)
  /// The peer announced a frame beyond the limit.
  case frameTooLarge(byteCount: Int, maximum: Int)
  /// The peer sent more descriptors than may wait unclaimed.
  case tooManyDescriptors(maximum: Int)
  /// The layer above rejected a frame.
  case refused(String)
  /// The socket failed.
  case failed(TransportError)
  /// This process closed the connection.
  case closedLocally(String)

  package var description: String {
    switch self {
    case .endOfStream: "the peer closed the connection"
    case .truncatedFrame(let count): "the peer closed the connection inside a frame, after \(count) bytes of it"
    case .frameTooLarge(let count, let maximum): "the peer announced a frame of \(count) bytes; at most \(maximum) are allowed"
    case .tooManyDescriptors(let maximum): "the peer sent more than \(maximum) descriptors that nobody claimed"
    case .refused(let why): "the peer sent a bad frame: \(why)"
    case .failed(let error): error.message
    case .closedLocally(let why): "closed by this process: \(why)"
    }
  }
}
