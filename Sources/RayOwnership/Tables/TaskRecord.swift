package import RayProtocol

/// One task this process submitted, kept until its results are complete. No allocation for arguments of up to 64 bytes.
struct TaskRecord: SlabElement {
  enum Stage: UInt8 {
    /// Arguments are missing.
    case waiting
    /// Ready, in its queue.
    case queued
    /// Sent to a worker.
    case sent
    /// Its worker died; the cause, and so what becomes of it, is not known yet.
    case orphaned
  }

  var generation: UInt32 = 0
  /// Queue link while queued, in-flight link while sent.
  var next: UInt32 = .max
  var previous: UInt32 = .max
  var isTaken = false

  var stage = Stage.waiting
  var flags: UInt8 = 0
  var attempt: UInt16 = 0
  var retriesLeft: Int32 = 0
  var function: UInt32 = 0
  var missingArguments: Int32 = 0
  /// Predicted run time that was booked on the lane, in nanoseconds.
  var booked: UInt32 = 0
  /// How many results; their objects are `firstResult` and `moreResults`.
  var resultCount: UInt32 = 1
  var firstResult: UInt64 = 0
  var moreResults: Unmanaged<ResultList>?
  /// The queue it waits in; lives as long as the machine.
  var queue: Unmanaged<TaskQueue>?
  /// The lease or actor it was sent on.
  var lane: Unmanaged<Lane>?
  var references: Unmanaged<ArgumentReferences>?
  /// The call that submitted it, for recursive cancellation; 0 = the driver.
  var parent: UInt64 = 0

  var argumentByteCount: Int = 0
  var heapArguments: UnsafeMutableRawPointer?
  var smallArguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0, 0
  )

  static let smallArgumentByteCount = 64

  static let cancelled: UInt8 = 1
  static let forced: UInt8 = 2
  static let retryThrown: UInt8 = 4
  static let stream: UInt8 = 8
  static let mayHaveStarted: UInt8 = 16
}

/// The second and later results of a split call.
final class ResultList {
  let indices: [UInt64]
  init(_ indices: [UInt64]) { self.indices = indices }
}

/// References among a task's arguments, pinned until it is done.
package final class ArgumentReferences {
  /// Arguments that are references themselves and are replaced by their values.
  let direct: [ObjectID]
  /// References inside argument values.
  let nested: [ObjectID]
  package init(direct: [ObjectID], nested: [ObjectID]) {
    self.direct = direct
    self.nested = nested
  }
}
