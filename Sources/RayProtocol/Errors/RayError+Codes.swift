extension RayError.Code {
  /// Ray was used before `Ray.initialize` and could not start by itself.
  public static let notInitialized = Self(.notInitialized)
  /// `Ray.initialize` was called twice with different settings.
  public static let alreadyInitialized = Self(.alreadyInitialized)
  /// The runtime was shut down while, or before, the call was made. Not worth a retry.
  public static let shutDown = Self(.shutDown)
  /// No remote function, or no method of the actor, has that name in the callee's program.
  public static let unknownFunction = Self(.unknownFunction)
  /// No remote actor class has that name in the callee's program.
  public static let unknownActorClass = Self(.unknownActorClass)
  /// The call itself is wrong: arity, an impossible option, a negative count.
  public static let invalidArgument = Self(.invalidArgument)
  /// A value refused to be encoded.
  public static let encodingFailed = Self(.encodingFailed)
  /// Bytes do not form a value of the expected type.
  public static let decodingFailed = Self(.decodingFailed)
  /// The callee threw an error whose type is not known here; see ``RayError/Details/errorType``.
  public static let taskFailed = Self(.taskFailed)
  /// The task was cancelled before it returned.
  public static let taskCancelled = Self(.taskCancelled)
  /// The worker process died while it ran the task and no retry is left.
  public static let workerCrashed = Self(.workerCrashed)
  /// No worker process could be started.
  public static let workerStartFailed = Self(.workerStartFailed)
  /// The actor is dead for good: killed, its constructor failed, or its restarts are used up.
  public static let actorDied = Self(.actorDied)
  /// The actor is restarting; the call may or may not have run. Repeating it is safe when it is idempotent.
  public static let actorUnavailable = Self(.actorUnavailable)
  /// No live actor has that name in that namespace.
  public static let actorNotFound = Self(.actorNotFound)
  /// Another live actor holds that name in that namespace.
  public static let actorNameTaken = Self(.actorNameTaken)
  /// The actor found by name is of another class than the one asked for.
  public static let actorTypeMismatch = Self(.actorTypeMismatch)
  /// Every copy of the value is gone and it cannot be computed again.
  public static let objectLost = Self(.objectLost)
  /// The process that owned the object is gone, and with it the object.
  public static let ownerDied = Self(.ownerDied)
  /// The reference was released; nobody keeps the value any more.
  public static let objectReleased = Self(.objectReleased)
  /// The wait ended before the value was there. The task goes on; asking again is fine.
  public static let getTimedOut = Self(.getTimedOut)
  /// The worker was killed because memory ran out.
  public static let outOfMemory = Self(.outOfMemory)
  /// The object store stayed full for the whole waiting time.
  public static let objectStoreFull = Self(.objectStoreFull)
  /// The value is larger than the whole object store.
  public static let objectTooLarge = Self(.objectTooLarge)
  /// No node will ever have the resources asked for; the message names the missing one.
  public static let infeasible = Self(.infeasible)
  /// The node that ran the work is gone.
  public static let nodeDied = Self(.nodeDied)
  /// A connection between two processes broke.
  public static let connectionLost = Self(.connectionLost)
  /// Another process sent bytes that are no valid message.
  public static let protocolViolation = Self(.protocolViolation)
  /// The operating system refused: descriptors, memory, processes or disk.
  public static let systemLimit = Self(.systemLimit)
  /// The runtime environment could not be prepared.
  public static let runtimeEnvironmentFailed = Self(.runtimeEnvironmentFailed)
  /// This engine cannot do that.
  public static let unsupported = Self(.unsupported)
  /// The handle has as many unfinished calls as it may have.
  public static let pendingCallsLimitExceeded = Self(.pendingCallsLimitExceeded)
  /// A defect of this library. Please report it.
  public static let internalError = Self(.internalError)
}

extension RayError.Code: CustomStringConvertible {
  public var description: String { String(describing: value) }
}

extension RayError: CustomStringConvertible {
  public var description: String {
    var text = "\(code): \(message)"
    if let function = details.function { text += " [in \(function)" + attemptText + "]" }
    if let site = details.callSite { text += "\n  from the call at \(site)" }
    if let cause { text += "\n  caused by \(cause)" }
    // A crash was reported in what the worker printed.
    if !details.backtrace.isEmpty, details.logTail.isEmpty {
      text += "\n  remote backtrace:\n    " + details.backtrace.joined(separator: "\n    ")
    }
    // What has caused this may have said it.
    if !details.logTail.isEmpty, (cause as? RayError)?.details.logTail != details.logTail {
      text += "\n  last output of the worker:\n    " + details.logTail.joined(separator: "\n    ")
    }
    return text
  }

  private var attemptText: String {
    guard let attempt = details.attempt, attempt > 1 else { return "" }
    return ", attempt \(attempt)"
  }
}

/// Two errors are equal when they say the same; where they happened is not compared.
extension RayError: Equatable {
  public static func == (a: RayError, b: RayError) -> Bool {
    a.code == b.code && a.message == b.message
  }
}
