/// A process that runs Ray code: the driver or a worker. Unique within a cluster's life.
public struct WorkerID: Hashable, Sendable, Comparable {
  public let rawValue: UInt64
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One node manager with its workers and its object store.
public struct NodeID: Hashable, Sendable, Comparable {
  public let rawValue: UInt64
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One driver program and everything it started.
public struct JobID: Hashable, Sendable, Comparable {
  public let rawValue: UInt32
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// An actor, over all its restarts: the creating process and a number it chose.
public struct ActorID: Hashable, Sendable {
  public let creator: WorkerID
  public let index: UInt64
  public init(creator: WorkerID, index: UInt64) {
    self.creator = creator
    self.index = index
  }
}

/// A value in the cluster: the process that owns it and that process's number for it.
///
/// The owner is part of the name because it alone knows where the value is (the ownership model of Ray, NSDI'21).
public struct ObjectID: Hashable, Sendable {
  public let owner: WorkerID
  /// Generation in the upper half, slot in the lower: a reused slot never answers to an old name.
  public let index: UInt64
  @inlinable
  public init(owner: WorkerID, index: UInt64) {
    self.owner = owner
    self.index = index
  }

  /// One word for the hasher instead of two: tables of references are asked for every reference inside a value.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(index ^ (owner.rawValue &* 0x9E37_79B9_7F4A_7C15))
  }
}

/// One submitted task, over all its attempts; named after its first result.
public struct TaskID: Hashable, Sendable {
  public let owner: WorkerID
  public let index: UInt64
  public init(owner: WorkerID, index: UInt64) {
    self.owner = owner
    self.index = index
  }
}

extension WorkerID: CustomStringConvertible {
  public var description: String { hexadecimal(rawValue) }
}
extension NodeID: CustomStringConvertible {
  public var description: String { hexadecimal(rawValue) }
}
extension JobID: CustomStringConvertible {
  public var description: String { hexadecimal(UInt64(rawValue), digits: 8) }
}
extension ActorID: CustomStringConvertible {
  public var description: String { hexadecimal(creator.rawValue) + hexadecimal(index) }
}
extension ObjectID: CustomStringConvertible {
  public var description: String { hexadecimal(owner.rawValue) + hexadecimal(index) }
}
extension TaskID: CustomStringConvertible {
  public var description: String { hexadecimal(owner.rawValue) + hexadecimal(index) }
}

/// Lower-case hexadecimal with leading zeros, the way Ray prints identifiers.
func hexadecimal(_ value: UInt64, digits: Int = 16) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
