internal import RayProtocol
internal import Synchronization

/// Finds every remote function and actor of the program, in whichever image it was loaded, without a list by the user.
///
/// Generated code leaves a record in the linker section where Swift Testing keeps its test content; records of our kind are
/// skipped by it, and its records by us. The runtime library knows that section of every loaded image.
public enum RemoteRegistry {
  /// The accessor writes a retained `RemoteEntry` or `ActorEntry` to its first argument and says whether it did.
  public typealias Accessor = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, UnsafeRawPointer?, UInt) -> CBool
  /// Layout of a third-party test content record.
  public typealias Record = (kind: UInt32, reserved1: UInt32, accessor: Accessor, context: UInt, reserved2: UInt)
  /// "rayf"
  public static var kind: UInt32 { 0x7261_7966 }

  struct Table: Sendable {
    var functions: [String: RemoteEntry] = [:]
    var actors: [String: ActorEntry] = [:]
    /// Records that were read already.
    var seen: Set<UInt> = []
    /// The section each name came from.
    var images: [String: UInt] = [:]
  }

  private static let table = Mutex(Table())

  package static func function(named name: String) -> RemoteEntry? { lookUp { $0.function(name) } }
  package static func actor(named name: String) -> ActorEntry? { lookUp { $0.actor(name) } }

  /// Names of everything remote, for messages.
  package static var functionNames: [String] {
    table.withLock { table in
      scan(&table)
      return table.functions.keys.sorted()
    }
  }

  package static var actorNames: [String] {
    table.withLock { table in
      scan(&table)
      return table.actors.keys.sorted()
    }
  }

  /// Adds an entry that has no record: for languages and tools that make functions at run time.
  public static func register(_ entry: RemoteEntry) { table.withLock { $0.functions[entry.name] = entry } }
  public static func register(_ entry: ActorEntry) { table.withLock { $0.actors[entry.name] = entry } }

  /// Hands an entry to a record's accessor.
  public static func vend(_ entry: AnyObject, _ out: UnsafeMutableRawPointer) -> CBool {
    out.storeBytes(of: UnsafeRawPointer(Unmanaged.passRetained(entry).toOpaque()), as: UnsafeRawPointer.self)
    return true
  }

  /// A miss scans again: an image may have been loaded since.
  private static func lookUp<T: Sendable>(_ find: (Table) -> T?) -> T? {
    table.withLock { table in
      if let found = find(table) { return found }
      scan(&table)
      return find(table)
    }
  }

  private static func scan(_ table: inout Table) {
    LinkedRecords.forEachSection { section in
      let records = section.bindMemory(to: Record.self)
      guard let first = records.baseAddress else { return }
      for index in records.indices { table.add(first + index, image: UInt(bitPattern: first)) }
    }
  }
}

extension RemoteRegistry.Table {
  /// By full name, or by base name when only one function has it (other languages call without labels).
  func function(_ name: String) -> RemoteEntry? { functions[name] ?? unique(functions, name) }
  func actor(_ name: String) -> ActorEntry? { actors[name] ?? unique(actors, name) }

  private func unique<Entry>(_ entries: [String: Entry], _ name: String) -> Entry? {
    let matches = NameSearch.matches(name, in: entries.keys)
    return matches.count == 1 ? entries[entries.keys[matches[0]]] : nil
  }

  mutating func add(_ record: UnsafePointer<RemoteRegistry.Record>, image: UInt) {
    guard record.pointee.kind == RemoteRegistry.kind, seen.insert(UInt(bitPattern: record)).inserted else { return }
    var out: UnsafeRawPointer?
    var type: UInt = 0
    guard record.pointee.accessor(&out, &type, nil, 0), let out else { return }
    let entry = Unmanaged<AnyObject>.fromOpaque(out).takeRetainedValue()
    if let function = entry as? RemoteEntry { add(function, image) }
    if let actor = entry as? ActorEntry { add(actor, image) }
  }

  // Two declarations under one name would make it a matter of link order which one runs, so that neither does. A name that
  // comes again from another image is the same library linked twice: the first one stays.

  private mutating func add(_ entry: RemoteEntry, _ image: UInt) {
    let name = entry.name
    guard functions[name] != nil else {
      functions[name] = entry
      images[name] = image
      return
    }
    guard images[name] == image else { return }
    functions[name] = RemoteEntry(
      name: name, parameters: entry.parameters, resultType: entry.resultType,
      body: .sync { _, _ in throw Self.ambiguous(name, "functions", "@Remote") })
  }

  private mutating func add(_ entry: ActorEntry, _ image: UInt) {
    let name = entry.name
    guard actors[name] != nil else {
      actors[name] = entry
      images[name] = image
      return
    }
    guard images[name] == image else { return }
    actors[name] = ActorEntry(
      name: name, parameters: entry.parameters, isConcurrent: entry.isConcurrent,
      create: { _ in throw Self.ambiguous(name, "actors", "@RemoteActor") }, methods: [])
  }

  private static func ambiguous(_ name: String, _ kind: String, _ attribute: String) -> RayError {
    RayError(.invalidArgument, "two remote \(kind) of this program are named '\(name)'; rename one by '\(attribute)(name:)'")
  }
}
