// What a set of resources may contain, checked where a program asks and again where bytes arrive.

extension ResourceSet {
  /// More would be a mistake, and every amount is looked up by a linear search.
  package static let nameCountMax = 64
  package static let nameByteCountMax = 256
  /// In ten-thousandths: sums of many amounts stay far from overflow.
  package static let amountMax = Int64(1) << 58

  /// What a program asks for, in units. Throws `invalidArgument` for what cannot be.
  package init(checking amounts: [String: Double]) throws(RayError) {
    for (name, amount) in amounts { try Self.check(name, amount) }
    guard amounts.count <= Self.nameCountMax else {
      throw RayError(.invalidArgument, "\(amounts.count) resources at once; more than \(Self.nameCountMax) are a mistake")
    }
    self.init(amounts)
  }

  private static func check(_ name: String, _ amount: Double) throws(RayError) {
    guard !name.isEmpty, name.utf8.count <= nameByteCountMax else {
      throw RayError(
        .invalidArgument, "a resource's name has 1 to \(nameByteCountMax) bytes; '\(name.prefix(40))' has \(name.utf8.count)")
    }
    guard amount >= 0 else { throw RayError(.invalidArgument, "resource '\(name)' must be zero or more, not \(amount)") }
    let parts = (amount * Double(unit)).rounded()
    guard parts < Double(amountMax) else { throw RayError(.invalidArgument, "\(amount) of resource '\(name)' is too much") }
    guard parts > 0 || amount == 0 else {
      throw RayError(.invalidArgument, "\(amount) of resource '\(name)' is too little: amounts are multiples of 0.0001")
    }
  }
}
