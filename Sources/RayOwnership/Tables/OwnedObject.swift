package import RayProtocol

/// Where a value is, as its owner or a borrower knows it.
package enum ValuePlace: UInt8, BitwiseCopyable, Sendable {
  case pending
  /// The bytes are in this process.
  case inline
  /// The bytes are in the node's shared memory; ``StoredDescriptor`` says where.
  case stored
  /// The bytes are an encoded error.
  case failed
}

/// Where a value lies in shared memory; opaque here, written and read by the object store's shell.
package struct StoredDescriptor: BitwiseCopyable, Hashable, Sendable {
  package static let byteCount = 40
  package var words: (UInt64, UInt64, UInt64, UInt64)
  /// The process that allocated it and must free it.
  package var creator: UInt64

  package init(words: (UInt64, UInt64, UInt64, UInt64), creator: WorkerID) {
    self.words = words
    self.creator = creator.rawValue
  }

  /// Compares like the words, one after another.
  var order: [UInt64] { [words.0, words.1, words.2, words.3] }

  package init(reading bytes: UnsafeRawPointer) { self = bytes.loadUnaligned(as: Self.self) }

  package static func == (a: Self, b: Self) -> Bool { a.words == b.words && a.creator == b.creator }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.2)
  }
}

/// One object this process owns. 160 bytes, no allocation for values of up to 40 bytes.
struct OwnedObject: SlabElement {
  var generation: UInt32 = 0
  var next: UInt32 = .max
  var isTaken = false

  var place = ValuePlace.pending
  var isActorLifetime = false
  /// Handles alive in this process.
  var localCount: Int32 = 0
  /// Holds by pending tasks, by values that contain the reference, by results on their way.
  var pinCount: Int32 = 0
  /// Processes that hold it.
  var borrowerCount: Int32 = 0
  /// The last look for duplicates that saw it.
  var lookMark: UInt32 = 0

  /// The task that makes it, while it runs; 0 = none.
  var task: UInt64 = 0
  /// Bytes of the value: `heap` when set, else `small`.
  var byteCount: Int = 0
  var heap: UnsafeMutableRawPointer?
  var small: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
  /// References inside the value, pinned as long as this object lives.
  var contained: Unmanaged<ContainedReferences>?
  var waiters: Unmanaged<WaitNode>?

  static let smallByteCount = 40
}

/// The references inside one value.
final class ContainedReferences {
  let ids: [ObjectID]
  init(_ ids: [ObjectID]) { self.ids = ids }
}

/// Who is told when an object becomes ready; a link in the object's list.
final class WaitNode {
  enum Target {
    case waiter(ObjectWaiter)
    case task(UInt64)
    case creation(ActorClient)
    case peer(Peer)
  }
  let target: Target
  @exclusivity(unchecked) var next: Unmanaged<WaitNode>?
  init(_ target: Target) { self.target = target }
}

/// Somebody in this process who waits for objects. Subclasses say how to wake; waking happens outside the machine.
open class ObjectWaiter {
  /// Objects still missing.
  @exclusivity(unchecked) package var missing: Int
  /// All of these must be ready; walked one after another so that a batch wakes the waiter once.
  @exclusivity(unchecked) var all: [ObjectID] = []
  /// Behind the last of `all` that was not seen ready.
  @exclusivity(unchecked) var position = 0
  /// The walk's link, moved from one object's list to the next.
  @exclusivity(unchecked) var link: WaitNode?
  @exclusivity(unchecked) package var isFinished = false

  package init(missing: Int = 1) { self.missing = missing }

  /// Called once, after the machine's state is consistent and its lock is free.
  open func wake() {}
}
