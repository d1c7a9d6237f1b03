internal import RayEngine
internal import RayProtocol
internal import Synchronization

/// The ways calls go out: one Python function for each remote function with one set of options, made once.
final class Submitters: Sendable {
  enum Returns: Hashable, Sendable {
    case one
    case parts(Int)
    case stream

    var option: OptionValue {
      switch self {
      case .one: .int(1)
      case .parts(let count): .int(count)
      case .stream: .string("streaming")
      }
    }
  }

  struct Key: Hashable {
    var name: String
    /// What the caller calls the call.
    var title: String?
    /// Python source, nil for Swift functions.
    var source: String?
    var actor: ActorID?
    var options: [String: OptionValue]
    var retryOn: [String]
    var returns: Returns
  }

  /// One group for functions, and one for each actor.
  private struct Group {
    var records: [Key: Submitter] = [:]
    /// Found without comparing options: what has the options of its declaration.
    var quick: [ObjectIdentifier: Submitter] = [:]
  }

  private let groups = Mutex<[ActorID?: Group]>([:])

  func quick(_ entry: AnyObject, _ actor: ActorID?) -> Submitter? {
    groups.withLock { $0[actor]?.quick[ObjectIdentifier(entry)] }
  }

  func remember(_ submitter: Submitter, for entry: AnyObject, _ actor: ActorID?) {
    groups.withLock { $0[actor, default: Group()].quick[ObjectIdentifier(entry)] = submitter }
  }

  /// A record that is kept, or one for this call alone where a program gives its calls ever new names and options.
  func find(_ key: Key, _ make: () throws -> Submitter) rethrows -> Submitter {
    if let known = groups.withLock({ $0[key.actor]?.records[key] }) { return known }
    let made = try make()
    return groups.withLock { groups in
      if let known = groups[key.actor]?.records[key] { return known }
      guard groups[key.actor]?.records.count ?? 0 < Self.recordCountMax else { return made }
      groups[key.actor, default: Group()].records[key] = made
      made.isKept.store(key.actor == nil, ordering: .releasing)
      return made
    }
  }

  private static let recordCountMax = 4096

  /// An actor is gone from this process: its methods' submitters hold its handle.
  func forget(_ actor: ActorID) { _ = groups.withLock { $0.removeValue(forKey: actor) } }
}

extension TaskOptions.Storage {
  /// The lowest bit tells this engine's records from those of the embedded one.
  var submitter: Submitter? {
    let state = engineState.load(ordering: .acquiring)
    guard state & 1 == 1, let pointer = UnsafeRawPointer(bitPattern: state ^ 1) else { return nil }
    return Unmanaged<Submitter>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Boxes point to submitters without owning them: only to those that stay as long as their engine, which is the process's.
  func remember(_ submitter: Submitter) {
    guard submitter.isKept.load(ordering: .acquiring) else { return }
    engineState.store(UInt(bitPattern: Unmanaged.passUnretained(submitter).toOpaque()) | 1, ordering: .releasing)
  }
}

/// One way out.
final class Submitter: Sendable {
  let function: PythonObject
  /// The same without Python code, for calls whose arguments lie all in the payload.
  let direct: DirectCall?
  /// Everything in front of the arguments.
  let head: [UInt8]
  /// The engine it belongs to, and the function of this program that it calls.
  let engine: ObjectIdentifier
  let target: ObjectIdentifier?
  /// Stays as long as the engine.
  let isKept = Atomic<Bool>(false)

  init(
    engine: ClusterEngine, function: PythonObject, direct: DirectCall?, head: [UInt8], target: ObjectIdentifier? = nil
  ) {
    self.engine = ObjectIdentifier(engine)
    self.function = function
    self.direct = direct
    self.head = head
    self.target = target
  }
}
