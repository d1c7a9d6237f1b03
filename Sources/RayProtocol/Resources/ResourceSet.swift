/// Amounts of named resources in ten-thousandths, so that fractions add up exactly, as in Ray.
///
/// Kept as a small sorted array: a task names one or two resources, a node four or five.
public struct ResourceSet: Hashable, Sendable {
  /// One unit of a resource.
  public static let unit: Int64 = 10_000
  /// Sorted by name; no zero and no negative amounts unless arithmetic made them (see ``subtract(_:)``).
  package var entries: [Entry] = []

  package struct Entry: Hashable, Sendable {
    package var name: String
    package var amount: Int64
    package init(name: String, amount: Int64) {
      self.name = name
      self.amount = amount
    }
  }

  public init() {}

  /// Amounts as numbers of units; each is rounded to the nearest ten-thousandth.
  public init(_ amounts: [String: Double]) {
    for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) where amount != 0 {
      entries.append(.init(name: name, amount: Int64((amount * Double(Self.unit)).rounded())))
    }
  }

  public var isEmpty: Bool { entries.isEmpty }

  /// Amount in ten-thousandths; zero for a name that is not there.
  public subscript(name: String) -> Int64 {
    get { entries.first { $0.name == name }?.amount ?? 0 }
    set {
      if let index = entries.firstIndex(where: { $0.name >= name }) {
        if entries[index].name == name {
          if newValue == 0 { entries.remove(at: index) } else { entries[index].amount = newValue }
        } else if newValue != 0 {
          entries.insert(.init(name: name, amount: newValue), at: index)
        }
      } else if newValue != 0 {
        entries.append(.init(name: name, amount: newValue))
      }
    }
  }

  /// The same amounts as numbers of units.
  public var amounts: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: entries.map { ($0.name, Double($0.amount) / Double(Self.unit)) })
  }

  /// True when every amount asked for is available here.
  public func covers(_ request: ResourceSet) -> Bool {
    request.entries.allSatisfy { $0.amount <= self[$0.name] }
  }

  /// The first resource of the request that is missing here, for messages.
  public func missing(for request: ResourceSet) -> (name: String, asked: Double, available: Double)? {
    guard let entry = request.entries.first(where: { $0.amount > self[$0.name] }) else {
      return nil
    }
    return (
      entry.name, Double(entry.amount) / Double(Self.unit),
      Double(self[entry.name]) / Double(Self.unit)
    )
  }

  public mutating func add(_ other: ResourceSet) {
    for entry in other.entries { self[entry.name] += entry.amount }
  }

  /// May leave negative amounts: a worker that wakes from a wait takes its CPU back at once, even when it is in use.
  public mutating func subtract(_ other: ResourceSet) {
    for entry in other.entries { self[entry.name] -= entry.amount }
  }
}

extension ResourceSet: CustomStringConvertible {
  public var description: String {
    "{"
      + entries.map { "\($0.name): \(Double($0.amount) / Double(Self.unit))" }.joined(
        separator: ", ") + "}"
  }
}

extension ResourceSet {
  /// The names Ray gives to the resources it knows.
  public static let cpu = "CPU"
  public static let gpu = "GPU"
  public static let memory = "memory"
  public static let objectStoreMemory = "object_store_memory"
}
