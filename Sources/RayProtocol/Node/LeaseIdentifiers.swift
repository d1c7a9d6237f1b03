/// One grant of a worker to a client, until the client gives it back or the worker dies. Never used twice by a node.
package struct LeaseID: Hashable, Sendable, Comparable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A client's own number for tasks that may share leases: same function, resources, strategy and environment.
package struct SchedulingClassID: Hashable, Sendable, Comparable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A client's own number for a question, so that it finds the reply; zero asks for none.
package struct RequestID: Hashable, Sendable, Comparable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  package static let none = Self(0)
}

/// Hash of a prepared runtime environment; workers serve one environment for life.
package struct RuntimeEnvironmentID: Hashable, Sendable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  /// The driver's own environment.
  package static let inherited = Self(0)
}

extension LeaseID: CustomStringConvertible {
  package var description: String { "lease \(rawValue)" }
}
extension SchedulingClassID: CustomStringConvertible {
  package var description: String { "class \(rawValue)" }
}
