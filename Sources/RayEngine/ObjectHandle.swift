public import RayProtocol

/// Keeps one object alive in this process: the last copy's `deinit` gives it up.
///
/// Every `ObjectRef` wraps one. This is the one allocation of a remote call.
public final class ObjectHandle: Sendable {
  @usableFromInline package let id: ObjectID
  // Engines live as long as the process once started (see ``CurrentEngine``), so no reference count is paid per call.
  package unowned(unsafe) let engine: any Engine
  // Unsafe: written at most once, by the call that made the handle, before anybody else has it.
  @usableFromInline nonisolated(unsafe) var writtenCallSite = CallSite.none

  package init(id: ObjectID, engine: any Engine) {
    self.id = id
    self.engine = engine
  }

  /// The call whose result this is.
  package var callSite: CallSite { writtenCallSite }

  /// The same handle, marked with the call that made it; for whoever has just got it from the engine.
  @inlinable
  package func made(at site: CallSite) -> ObjectHandle {
    writtenCallSite = site
    return self
  }

  deinit { engine.release(id) }
}

/// The results of a streaming call that were not taken yet; dropping it drops them.
public final class StreamHandle: Sendable {
  /// The object that becomes ready when the stream has ended, with its error if it failed.
  package let completion: ObjectHandle

  package init(completion: ObjectHandle) { self.completion = completion }
}

/// One actor as one process sees it. Dropping the last one everywhere ends an actor that is not detached.
public final class ActorCore: Sendable {
  package let id: ActorID
  package let className: String
  /// How often a call is repeated when the actor's process dies under it; -1 = always.
  package let maxTaskRetries: Int32
  /// Unfinished calls one process may have at the actor; -1 = any number.
  package let maxPendingCalls: Int32
  /// Counted like any object; nil for handles that do not keep the actor alive (found by name, detached).
  package let lifetime: ObjectHandle?
  package unowned(unsafe) let engine: any Engine

  package init(
    id: ActorID, className: String, maxTaskRetries: Int32, maxPendingCalls: Int32, lifetime: ObjectHandle?,
    engine: any Engine
  ) {
    self.id = id
    self.className = className
    self.maxTaskRetries = maxTaskRetries
    self.maxPendingCalls = maxPendingCalls
    self.lifetime = lifetime
    self.engine = engine
  }
}

extension ActorCore: Hashable {
  public static func == (a: ActorCore, b: ActorCore) -> Bool { a.id == b.id }
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
