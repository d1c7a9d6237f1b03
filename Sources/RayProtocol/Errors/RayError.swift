/// What went wrong, where, why, and what to do about it; the same on every engine and in every language.
///
/// Errors that user code throws come back as themselves when their type is `Codable`; everything else, and every
/// failure of the system itself, is a `RayError`. Compare ``code``, print the error for people.
public struct RayError: Error, Sendable {
  /// A growable set of reasons; the comment of each says when it is chosen over its neighbour.
  public struct Code: Hashable, Sendable {
    package enum Value: UInt16, Sendable, CaseIterable {
      case notInitialized, alreadyInitialized, shutDown, unknownFunction, unknownActorClass,
        invalidArgument
      case encodingFailed, decodingFailed, taskFailed, taskCancelled, workerCrashed,
        workerStartFailed
      case actorDied, actorUnavailable, actorNotFound, actorNameTaken, actorTypeMismatch
      case objectLost, ownerDied, objectReleased, getTimedOut, outOfMemory, objectStoreFull,
        objectTooLarge
      case infeasible, nodeDied, connectionLost, protocolViolation, systemLimit,
        runtimeEnvironmentFailed
      case unsupported, pendingCallsLimitExceeded, internalError
    }
    package let value: Value
    package init(_ value: Value) { self.value = value }
  }

  final class Storage: Sendable {
    let code: Code
    let message: String
    let details: Details
    init(code: Code, message: String, details: Details) {
      self.code = code
      self.message = message
      self.details = details
    }
  }

  /// Where a failure happened. Everything is optional: a local misuse has no node and no attempt.
  public struct Details: Sendable {
    /// The failure that led to this one, innermost last.
    public var cause: (any Error)?
    public var task: TaskID?
    public var actor: ActorID?
    public var worker: WorkerID?
    public var node: NodeID?
    /// How often the task had been started, 1 for the first time.
    public var attempt: Int?
    /// Name of the remote function or method, `Module.function(label:)`.
    public var function: String?
    /// Where the call was made whose result was asked for, `Module/File.swift:12`.
    public var callSite: String?
    /// Type name of the error the callee threw.
    public var errorType: String?
    /// Where the callee threw or crashed, innermost frame first, when known.
    public var backtrace: [String] = []
    /// The last lines the worker printed before it died.
    public var logTail: [String] = []
    /// Mangled type name and encoded value of the error the callee threw, to rebuild it where its type is known.
    package var typedError: TypedErrorPayload?
    public init() {}
  }

  /// A thrown error on its way between processes.
  package struct TypedErrorPayload: Sendable {
    package var mangledType: String
    package var bytes: [UInt8]
    package init(mangledType: String, bytes: [UInt8]) {
      self.mangledType = mangledType
      self.bytes = bytes
    }
  }

  let storage: Storage

  public init(_ code: Code, _ message: String, details: Details = .init()) {
    storage = Storage(code: code, message: message, details: details)
  }

  public var code: Code { storage.code }
  public var message: String { storage.message }
  public var details: Details { storage.details }
  public var cause: (any Error)? { storage.details.cause }

  /// The same error with more said about where it happened.
  package func with(_ change: (inout Details) -> Void) -> RayError {
    var details = storage.details
    change(&details)
    return RayError(code, message, details: details)
  }
}
