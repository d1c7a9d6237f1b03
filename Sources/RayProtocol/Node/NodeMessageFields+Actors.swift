// The layouts of actors and dead workers inside node messages.

extension WorkerExit: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    switch self {
    case .exited(let code):
      writer.put(UInt8(0))
      writer.put(code)
    case .signalled(let number):
      writer.put(UInt8(1))
      writer.put(number)
    case .outOfMemory: writer.put(UInt8(2))
    case .startFailed(let reason):
      writer.put(UInt8(3))
      writer.put(reason)
    case .stopped(let reason):
      writer.put(UInt8(4))
      writer.put(reason)
    case .protocolViolation(let reason):
      writer.put(UInt8(5))
      writer.put(reason)
    case .unknown: writer.put(UInt8(6))
    }
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    switch try reader.integer(UInt8.self) {
    case 0: self = .exited(code: try reader.integer())
    case 1: self = .signalled(try reader.integer())
    case 2: self = .outOfMemory
    case 3: self = .startFailed(try reader.string())
    case 4: self = .stopped(try reader.string())
    case 5: self = .protocolViolation(try reader.string())
    case 6: self = .unknown
    case let other: throw reader.violation("unknown exit \(other)")
    }
  }
  package static var byteCountMin: Int { 1 }
}

extension WorkerDeath: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(worker)
    writer.put(processID)
    writer.put(exit)
    writer.put(logTail)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      worker: try reader.value(), processID: try reader.integer(), exit: try reader.value(),
      logTail: try reader.list())
  }
  package static var byteCountMin: Int { 17 }
}

extension ActorSpec: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(id)
    writer.put(className)
    writer.put(name)
    writer.put(namespace)
    writer.put(placementResources)
    writer.put(heldResources)
    writer.put(strategy)
    writer.put(environment.rawValue)
    writer.put(restartCountMax)
    writer.put(isDetached)
    writer.put(getIfExists)
    writer.put(isReady)
    writer.put(concurrencyMax)
    writer.put(taskRetryCountMax)
    writer.put(pendingCallCountMax)
    writer.put(creation)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      id: try reader.value(), className: try reader.string(), name: try reader.optional(),
      namespace: try reader.string(),
      placementResources: try reader.value(), heldResources: try reader.value(),
      strategy: try reader.value(),
      environment: .init(try reader.integer()), restartCountMax: try reader.integer(),
      isDetached: try reader.bool(),
      getIfExists: try reader.bool(), isReady: try reader.bool(), concurrencyMax: try reader.integer(),
      taskRetryCountMax: try reader.integer(), pendingCallCountMax: try reader.integer(),
      creation: try reader.blob())
    guard restartCountMax >= -1 else { throw reader.violation("\(restartCountMax) restarts") }
    guard name != "" else { throw reader.violation("the name of an actor is empty") }
  }
  package static var byteCountMin: Int { 65 }
}

extension ActorDeathCause: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    switch self {
    case .creationFailed(let error):
      writer.put(UInt8(0))
      writer.put(error)
    case .workerDied(let death):
      writer.put(UInt8(1))
      writer.put(death)
    case .killed: writer.put(UInt8(2))
    case .exited: writer.put(UInt8(3))
    case .released: writer.put(UInt8(4))
    case .creatorDied: writer.put(UInt8(5))
    case .startFailed(let reason):
      writer.put(UInt8(6))
      writer.put(reason)
    case .infeasible(let shortage):
      writer.put(UInt8(7))
      writer.put(shortage)
    case .unknown: writer.put(UInt8(8))
    case .nameTaken(let name):
      writer.put(UInt8(9))
      writer.put(name)
    }
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    switch try reader.integer(UInt8.self) {
    case 0: self = .creationFailed(try reader.blob())
    case 1: self = .workerDied(try reader.value())
    case 2: self = .killed
    case 3: self = .exited
    case 4: self = .released
    case 5: self = .creatorDied
    case 6: self = .startFailed(try reader.string())
    case 7: self = .infeasible(try reader.value())
    case 8: self = .unknown
    case 9: self = .nameTaken(try reader.string())
    case let other: throw reader.violation("unknown cause \(other)")
    }
  }
  package static var byteCountMin: Int { 1 }
}

extension ActorStatus: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(id)
    writer.put(restartCount)
    writer.put(className)
    switch state {
    case .dependenciesPending: writer.put(UInt8(0))
    case .pending: writer.put(UInt8(1))
    case .alive(let worker):
      writer.put(UInt8(2))
      writer.put(worker)
    case .restarting: writer.put(UInt8(3))
    case .dead(let cause):
      writer.put(UInt8(4))
      writer.put(cause)
    case .standsFor(let other):
      writer.put(UInt8(5))
      writer.put(other)
    }
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    let id: ActorID = try reader.value()
    let restartCount = try reader.integer(UInt32.self)
    let className = try reader.string()
    let state: ActorState
    switch try reader.integer(UInt8.self) {
    case 0: state = .dependenciesPending
    case 1: state = .pending
    case 2: state = .alive(try reader.value())
    case 3: state = .restarting
    case 4: state = .dead(try reader.value())
    case 5: state = .standsFor(try reader.value())
    case let other: throw reader.violation("unknown actor state \(other)")
    }
    self.init(id: id, state: state, restartCount: restartCount, className: className)
  }
  package static var byteCountMin: Int { 25 }
}

extension ActorRegistration: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    switch self {
    case .created: writer.put(UInt8(0))
    case .existing(let id, let className):
      writer.put(UInt8(1))
      writer.put(id)
      writer.put(className)
    case .nameTaken: writer.put(UInt8(2))
    }
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    switch try reader.integer(UInt8.self) {
    case 0: self = .created
    case 1: self = .existing(try reader.value(), className: try reader.string())
    case 2: self = .nameTaken
    case let other: throw reader.violation("unknown registration \(other)")
    }
  }
  package static var byteCountMin: Int { 1 }
}

extension NamedActorEntry: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(id)
    writer.put(name)
    writer.put(namespace)
    writer.put(className)
    writer.put(taskRetryCountMax)
    writer.put(pendingCallCountMax)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      id: try reader.value(), name: try reader.string(), namespace: try reader.string(),
      className: try reader.string(), taskRetryCountMax: try reader.integer(), pendingCallCountMax: try reader.integer())
  }
  package static var byteCountMin: Int { 36 }
}

extension NodeEvent.NodeEntry: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) {
    writer.put(id.rawValue)
    writer.put(address)
    writer.put(isAlive)
    writer.put(total)
  }
  package init(from reader: inout NodeMessageReader) throws(RayError) {
    self.init(
      id: NodeID(try reader.integer()), address: try reader.string(), isAlive: try reader.bool(),
      total: try reader.value())
  }
  package static var byteCountMin: Int { 15 }
}
