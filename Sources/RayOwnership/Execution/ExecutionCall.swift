package import RayProtocol

/// A task that this process was asked to run.
package final class ExecutionCall {
  /// The caller; nil when this process called itself.
  @exclusivity(unchecked) package internal(set) var peer: Peer?
  /// The task's index at its caller.
  @exclusivity(unchecked) package internal(set) var taskIndex: UInt64 = 0
  @exclusivity(unchecked) package internal(set) var function: UInt32 = 0
  @exclusivity(unchecked) package internal(set) var attempt: UInt16 = 1
  @exclusivity(unchecked) package internal(set) var lease: UInt64 = 0
  @exclusivity(unchecked) package internal(set) var resultCount: UInt32 = 1
  @exclusivity(unchecked) package internal(set) var isStream = false
  @exclusivity(unchecked) package internal(set) var isCancelled = false
  @exclusivity(unchecked) package internal(set) var isStarted = false
  @exclusivity(unchecked) package internal(set) var isFinished = false
  /// Distinguishes calls of this process; tasks it submits carry it as their parent.
  @exclusivity(unchecked) package internal(set) var token: UInt64 = 0
  /// Encoded arguments; the memory is reused by later calls.
  @exclusivity(unchecked) package internal(set) var arguments: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
  @exclusivity(unchecked) var argumentCapacity = 0
  /// References that came with the arguments and are not registered with their owners.
  @exclusivity(unchecked) var covered: [BorrowedObject] = []
  /// A reply that waits for registrations.
  @exclusivity(unchecked) var heldReply: HeldReply?
  @exclusivity(unchecked) var missingRegistrations = 0
  /// Objects of the caller that the held reply names as kept.
  @exclusivity(unchecked) var heldKept: [ObjectID] = []
  /// For streams: elements the consumer has taken.
  @exclusivity(unchecked) package internal(set) var streamCredit: UInt64 = 0
  /// How many elements beyond the credit may be sent.
  @exclusivity(unchecked) package internal(set) var streamWindow: UInt64 = 0
  @exclusivity(unchecked) package internal(set) var streamProduced: UInt64 = 0
  /// Neighbours in the list the call is in.
  @exclusivity(unchecked) var next: Unmanaged<ExecutionCall>?
  @exclusivity(unchecked) var previous: Unmanaged<ExecutionCall>?
  /// Whatever the shell keeps with the call while it runs.
  @exclusivity(unchecked) package var shellState: AnyObject?

  /// The process that waits for the result; nil for a constructor.
  @exclusivity(unchecked) package internal(set) var caller: WorkerID?

  /// What a shell looks at to run the call, in one look.
  package struct Head {
    package let token: UInt64
    package let function: UInt32
    package let isStream: Bool
    package let isCancelled: Bool
    package let arguments: UnsafeRawBufferPointer
  }

  package var head: Head {
    Head(
      token: token, function: function, isStream: isStream, isCancelled: isCancelled,
      arguments: UnsafeRawBufferPointer(arguments))
  }

  package func keep(_ state: AnyObject) { shellState = state }
  package var isSplit: Bool { resultCount > 1 }

  init() {}
  deinit { arguments.deallocate() }

  func setArguments(_ bytes: UnsafeRawBufferPointer) {
    if argumentCapacity < bytes.count {
      UnsafeMutableRawBufferPointer(start: arguments.baseAddress, count: argumentCapacity)
        .deallocate()
      argumentCapacity = max(128, bytes.count)
      arguments = .allocate(byteCount: argumentCapacity, alignment: 16)
    }
    arguments = UnsafeMutableRawBufferPointer(start: arguments.baseAddress, count: bytes.count)
    if bytes.count > 0 { arguments.copyMemory(from: bytes) }
  }
}

/// One result of a call as its executor hands it over.
package struct ResultPart {
  package var place: ValuePlace
  /// The value or the error; empty for stored values.
  package var bytes: UnsafeRawBufferPointer
  package var descriptor: StoredDescriptor?
  package var references: [ObjectID]

  package init(
    place: ValuePlace, bytes: UnsafeRawBufferPointer, descriptor: StoredDescriptor? = nil,
    references: [ObjectID] = []
  ) {
    self.place = place
    self.bytes = bytes
    self.descriptor = descriptor
    self.references = references
  }
}

/// A finished call's reply, encoded, that may not leave yet.
struct HeldReply {
  var flags: UInt8
  var body: [UInt8]
  /// Values in shared memory that nobody would free if the reply cannot be sent any more.
  var stored: [StoredDescriptor]
}
