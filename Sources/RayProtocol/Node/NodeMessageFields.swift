// The layouts of identifiers, resources and leases inside node messages.

extension WorkerID: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) { writer.put(rawValue) }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(try reader.integer())
  }
  package static var byteCountMin: Int { 8 }
}

extension ActorID: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(creator)
    writer.put(index)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(creator: try reader.value(), index: try reader.integer())
  }
  package static var byteCountMin: Int { 16 }
}

extension ResourceSet: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(UInt16(entries.count))
    for entry in entries {
      writer.put(entry.name)
      writer.put(entry.amount)
    }
  }

  /// Takes positive amounts only, except where ``init(signedFrom:)`` is asked for.
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    try self.init(from: &reader, amounts: 1...Self.amountMax)
  }

  /// Available amounts are negative for a while after a worker has taken its CPU back.
  package init(signedFrom reader: inout NodeMessageReader) throws(RayError) {
    try self.init(from: &reader, amounts: -Self.amountMax...Self.amountMax)
  }

  private init(from reader: inout NodeMessageReader, amounts: ClosedRange<Int64>) throws(RayError) {
    self.init()
    let count = try reader.integer(UInt16.self)
    guard count <= Self.nameCountMax else {
      throw reader.violation("\(count) resources are too many")
    }
    for _ in 0..<count {
      let name = try reader.string()
      let amount = try reader.integer(Int64.self)
      guard !name.isEmpty, name.utf8.count <= Self.nameByteCountMax else {
        throw reader.violation("bad resource name")
      }
      guard amounts.contains(amount) else {
        throw reader.violation("amount \(amount) of resource '\(name)' is impossible")
      }
      guard entries.last.map({ $0.name < name }) ?? true else {
        throw reader.violation("resource names are not in order")
      }
      entries.append(.init(name: name, amount: amount))
    }
  }
  package static var byteCountMin: Int { 2 }
}

extension LeaseStrategy: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    switch self {
    case .hybrid: writer.put(UInt8(0))
    case .spread: writer.put(UInt8(1))
    case .nodeAffinity(let node, let soft):
      writer.put(UInt8(2))
      writer.put(node.rawValue)
      writer.put(soft)
    }
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    switch try reader.integer(UInt8.self) {
    case 0: self = .hybrid
    case 1: self = .spread
    case 2: self = .nodeAffinity(NodeID(try reader.integer()), soft: try reader.bool())
    case let other: throw reader.violation("unknown strategy \(other)")
    }
  }
  package static var byteCountMin: Int { 1 }
}

extension LeaseTerms: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(resources)
    writer.put(strategy)
    writer.put(environment.rawValue)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      resources: try reader.value(), strategy: try reader.value(),
      environment: .init(try reader.integer()))
  }
  package static var byteCountMin: Int { 11 }
}

extension AssignedResources: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(resources)
    writer.put(gpus)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(resources: try reader.value(), gpus: try reader.list())
  }
  package static var byteCountMin: Int { 6 }
}

extension AssignedResources.Device: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(index)
    writer.put(amount)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(index: try reader.integer(), amount: try reader.integer())
  }
  package static var byteCountMin: Int { 10 }
}

extension ResourceShortage: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(resource)
    writer.put(asked)
    writer.put(total)
    writer.put(remark)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      resource: try reader.string(), asked: try reader.integer(), total: try reader.integer(),
      remark: try reader.string())
  }
  package static var byteCountMin: Int { 24 }
}

extension NodeRequest.EnvironmentVariable: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(name)
    writer.put(value)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(name: try reader.string(), value: try reader.string())
    guard !name.isEmpty, !name.utf8.contains(0), !name.utf8.contains(UInt8(ascii: "=")),
      !value.utf8.contains(0)
    else {
      throw reader.violation("'\(name)' cannot be an environment variable")
    }
  }
  package static var byteCountMin: Int { 8 }
}
