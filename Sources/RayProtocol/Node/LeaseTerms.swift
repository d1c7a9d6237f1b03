/// What every lease of one scheduling class needs.
package struct LeaseTerms: Hashable, Sendable {
  package var resources: ResourceSet
  package var strategy: LeaseStrategy
  package var environment: RuntimeEnvironmentID

  package init(
    resources: ResourceSet, strategy: LeaseStrategy = .hybrid,
    environment: RuntimeEnvironmentID = .inherited
  ) {
    self.resources = resources
    self.strategy = strategy
    self.environment = environment
  }
}

/// Which node shall serve a lease; a single node takes them all alike.
package enum LeaseStrategy: Hashable, Sendable {
  /// Pack up to half of a node, then spread.
  case hybrid
  case spread
  /// `soft`: another node will do when that one is gone.
  case nodeAffinity(NodeID, soft: Bool)
}

/// A client's standing wish: so many leases of a class in total, those it holds included. Repeating it changes nothing.
package struct LeaseDemand: Hashable, Sendable {
  package var schedulingClass: SchedulingClassID
  package var terms: LeaseTerms
  /// Zero withdraws the wish; leases already granted stay until they are returned.
  package var wantedCount: UInt32

  package init(schedulingClass: SchedulingClassID, terms: LeaseTerms, wantedCount: UInt32) {
    self.schedulingClass = schedulingClass
    self.terms = terms
    self.wantedCount = wantedCount
  }
}

/// What a lease or an actor was given, devices by number.
package struct AssignedResources: Hashable, Sendable {
  /// A device, or a part of one.
  package struct Device: Hashable, Sendable {
    package var index: UInt16
    /// In ten-thousandths of the device.
    package var amount: Int64
    package init(index: UInt16, amount: Int64) {
      self.index = index
      self.amount = amount
    }
  }

  package var resources: ResourceSet
  package var gpus: [Device]

  package init(resources: ResourceSet = .init(), gpus: [Device] = []) {
    self.resources = resources
    self.gpus = gpus
  }
}

/// Why a node will never serve such terms.
package struct ResourceShortage: Hashable, Sendable {
  package var resource: String
  /// In ten-thousandths.
  package var asked: Int64
  package var total: Int64
  /// Said instead of the plain comparison, when the amount itself is impossible.
  package var remark: String

  package init(resource: String, asked: Int64, total: Int64, remark: String = "") {
    self.resource = resource
    self.asked = asked
    self.total = total
    self.remark = remark
  }
}

extension ResourceShortage: CustomStringConvertible {
  package var description: String {
    let (asked, total) = (
      Double(asked) / Double(ResourceSet.unit), Double(total) / Double(ResourceSet.unit)
    )
    let text = "no node has \(asked) of resource '\(resource)': the largest total is \(total)"
    return remark.isEmpty ? text : text + " (\(remark))"
  }
}
