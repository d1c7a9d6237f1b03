internal import RayOwnership
internal import RayProtocol

/// A few machines on a table, and wires between them whose frames move only when the test says so.
final class Bench {
  final class Station: NodePort, StorePort {
    var machine: CoreMachine! = nil
    var wanted: [Int] = []
    var returned: [UInt64] = []
    var questions: [WorkerID] = []
    var created: [ActorSpec] = []
    var releasedActors: [ActorID] = []
    var freed: [StoredDescriptor] = []
    var freedByNode: [StoredDescriptor] = []
    var keptOfDead: [StoredDescriptor] = []
    var wire: [WorkerID: [[UInt8]]] = [:]

    func demand(classID: UInt32, terms: LeaseTerms, wanted: Int) { self.wanted.append(wanted) }
    func returnLease(_ id: UInt64) { returned.append(id) }
    func connect(_ worker: WorkerID) {}
    func askWhyDied(_ worker: WorkerID) { questions.append(worker) }
    func createActor(_ specification: ActorSpec) { created.append(specification) }
    func watchActor(_ id: ActorID) {}
    func releaseActor(_ id: ActorID) { releasedActors.append(id) }
    func freeStored(_ descriptor: StoredDescriptor) { freedByNode.append(descriptor) }
    func keepStored(_ descriptors: [StoredDescriptor], of creator: WorkerID) { keptOfDead += descriptors }
    func free(_ descriptor: StoredDescriptor) { freed.append(descriptor) }
  }

  private(set) var stations: [Station] = []
  private var held: Set<[Int]> = []
  private var dead: Set<Int> = []

  init(_ count: Int) {
    for number in 0..<count {
      let station = Station()
      station.machine = CoreMachine(
        me: Self.id(number), node: station, store: station, encodeError: SimulatedError.encode)
      stations.append(station)
    }
    for a in 0..<count { for b in 0..<count where a != b { _ = self[a].peerConnected(Self.id(b)) } }
  }

  static func id(_ number: Int) -> WorkerID { WorkerID(UInt64(number) + 1) }
  subscript(number: Int) -> CoreMachine { stations[number].machine }

  // MARK: Frames

  private func flush(_ number: Int) {
    for peer in self[number].takeDirtyPeers() {
      let channel = SimulatedNetwork.Channel(from: Self.id(number), to: peer.id)
      channel.send(peer.outbox.bytes)
      peer.outbox.removeAll()
      stations[number].wire[peer.id, default: []] += channel.frames
    }
  }

  /// Nothing arrives on this wire until ``release(from:to:)``.
  func hold(from: Int, to: Int) { held.insert([from, to]) }
  func release(from: Int, to: Int) {
    held.remove([from, to])
    settle()
  }

  /// Frames that wait on a wire, by kind.
  func waiting(from: Int, to: Int) -> [PeerFrameKind] {
    flush(from)
    return (stations[from].wire[Self.id(to)] ?? []).compactMap { PeerFrameKind(rawValue: $0[4]) }
  }

  /// Delivers everything that is not held, until nothing moves.
  func settle() {
    var moved = true
    while moved {
      moved = false
      for from in stations.indices {
        flush(from)
        for to in stations.indices where !held.contains([from, to]) && !dead.contains(to) && deliver(from, to) { moved = true }
      }
    }
  }

  private func deliver(_ from: Int, _ to: Int) -> Bool {
    guard let frames = stations[from].wire.removeValue(forKey: Self.id(to)), let peer = self[to].peers[Self.id(from)] else {
      return false
    }
    for frame in frames {
      frame.withUnsafeBytes { bytes in
        let body = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...])
        try! self[to].receive(FrameHeader(reading: bytes.baseAddress!), body, from: peer)
      }
    }
    return true
  }

  /// The process is gone with everything it had not sent; the others see the end of their connections.
  func kill(_ number: Int) {
    dead.insert(number)
    stations[number].wire = [:]
    for other in stations.indices where other != number && !dead.contains(other) {
      self[other].peerClosed(Self.id(number))
    }
  }

  // MARK: Calls

  func grant(_ lease: UInt64, to client: Int, on worker: Int) {
    self[client].leaseGranted(lease, classID: 0, worker: Self.id(worker))
  }

  func queue(_ client: Int) -> TaskQueue {
    self[client].makeQueue(function: self[client].functionKey(named: "f"), terms: LeaseTerms(resources: ResourceSet(["CPU": 1])))
  }

  func submit(
    _ client: Int, _ queue: TaskQueue, direct: [ObjectID] = [], nested: [ObjectID] = [], retries: Int32 = 0,
    retryThrown: Bool = false
  ) -> ObjectID {
    var arguments = RandomProgram.Arguments(number: 0)
    for id in direct { arguments.add(direct: id) }
    return arguments.bytes.withUnsafeBytes {
      self[client].submit(
        TaskSubmission(
          queue: queue, function: queue.function, arguments: $0, direct: direct, nested: nested, retries: retries,
          retryThrown: retryThrown))
    }
  }

  func start(_ worker: Int) -> ExecutionCall? { self[worker].takeRunnableCall() }

  func finish(_ worker: Int, _ call: ExecutionCall, _ text: String = "value", references: [ObjectID] = []) {
    Array(text.utf8).withUnsafeBytes {
      self[worker].finish(call, flags: 0, parts: [ResultPart(place: .inline, bytes: $0, references: references)], duration: 1)
    }
  }

  func finishStored(_ worker: Int, _ call: ExecutionCall, _ number: UInt64) {
    self[worker].finish(call, flags: 0, parts: [stored(number, by: worker)], duration: 1)
  }

  func stored(_ number: UInt64, by worker: Int, references: [ObjectID] = []) -> ResultPart {
    ResultPart(
      place: .stored, bytes: .init(start: nil, count: 0),
      descriptor: StoredDescriptor(words: (number, 0, 0, 0), creator: Self.id(worker)), references: references)
  }

  func put(_ owner: Int, _ text: String = "value", references: [ObjectID] = []) -> ObjectID {
    Array(text.utf8).withUnsafeBytes { self[owner].put(ResultPart(place: .inline, bytes: $0, references: references)) }
  }

  func putFailed(_ owner: Int, _ error: RayError) -> ObjectID {
    SimulatedError.encode(error).withUnsafeBytes { self[owner].put(ResultPart(place: .failed, bytes: $0)) }
  }

  /// What a look at an object shows: its text, its error's code, or that there is nothing yet.
  func look(_ worker: Int, _ id: ObjectID) -> String {
    switch self[worker].snapshot(id) {
    case .pending: "pending"
    case .inline(let bytes): String(decoding: bytes, as: UTF8.self)
    case .stored(let descriptor): "stored \(descriptor.words.0)"
    case .failed(let bytes): SimulatedError.decode(bytes).map { "\($0.code)" } ?? "damaged"
    }
  }

  var isEmpty: Bool { stations.indices.allSatisfy { dead.contains($0) || self[$0].census.withoutLeases.isEmpty } }
}

extension CoreMachine.Census {
  var withoutLeases: Self {
    var copy = self
    copy.leases = 0
    return copy
  }
}
