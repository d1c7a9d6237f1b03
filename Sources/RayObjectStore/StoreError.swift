/// Why the object store refused.
package enum StoreError: Error, Hashable, Sendable {
  /// Nothing was free in time; freeing objects or waiting longer may help. `used` counts the bytes of objects.
  case full(requested: Int, capacity: Int, used: Int)
  /// The object is larger than the whole store: waiting cannot help.
  case tooLarge(requested: Int, capacity: Int)
  /// The system gave no memory, descriptor or thread for `operation`.
  case systemLimit(operation: String, errno: Int32)
  /// The segment contradicts itself: written by another version, or damaged.
  case corrupted(String)
  /// The descriptor names no place in this store: never valid here, the sender is at fault.
  case invalidDescriptor(StoreDescriptor, reason: String)
  /// The object was there and is gone: freed, or its creator's slot was given to somebody else.
  case objectGone(StoreDescriptor)
  /// Only the creator (or the node, for a dead creator) frees an object; this caller is neither.
  case notOwner(StoreDescriptor)
  /// A table of the segment is full: live objects of one client, pins of one client or of one object, or clients.
  case tableFull(String, limit: Int)
  /// The client has left the store.
  case detached
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .full(let requested, let capacity, let used):
      "object store is full: \(requested) bytes requested, \(used) of \(capacity) bytes in use"
    case .tooLarge(let requested, let capacity):
      "object of \(requested) bytes is larger than the object store (\(capacity) bytes)"
    case .systemLimit(let operation, let errno): "\(operation) failed: errno \(errno)"
    case .corrupted(let reason): "object store is corrupted: \(reason)"
    case .invalidDescriptor(let descriptor, let reason): "\(descriptor) is invalid: \(reason)"
    case .objectGone(let descriptor): "\(descriptor) is gone"
    case .notOwner(let descriptor): "\(descriptor) belongs to another client"
    case .tableFull(let table, let limit): "no room for more than \(limit) \(table)"
    case .detached: "this client has left the object store"
    }
  }
}
