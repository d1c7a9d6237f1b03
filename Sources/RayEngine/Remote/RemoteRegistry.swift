internal import SwiftShims
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
    var seen: Set<UInt> = []
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
    withUnsafeMutablePointer(to: &table) { pointer in
      enumerateImages(visitImage, UnsafeMutableRawPointer(pointer))
    }
  }
}

extension RemoteRegistry.Table {
  /// By full name, or by base name when only one function has it (other languages call without labels).
  func function(_ name: String) -> RemoteEntry? {
    if let entry = functions[name] { return entry }
    return unique(functions, name)
  }

  func actor(_ name: String) -> ActorEntry? {
    if let entry = actors[name] { return entry }
    return unique(actors, name)
  }

  private func unique<Entry>(_ entries: [String: Entry], _ name: String) -> Entry? {
    let matches = entries.filter { key, _ in baseName(key) == name || key.prefix { $0 != "(" } == name }
    return matches.count == 1 ? matches.first!.value : nil
  }

  private func baseName(_ key: String) -> Substring {
    let path = key.prefix { $0 != "(" }
    return path.split(separator: ".").last ?? path
  }

  mutating func add(_ record: UnsafePointer<RemoteRegistry.Record>) {
    guard record.pointee.kind == RemoteRegistry.kind, seen.insert(UInt(bitPattern: record)).inserted else { return }
    var out: UnsafeRawPointer?
    var type: UInt = 0
    guard record.pointee.accessor(&out, &type, nil, 0), let out else { return }
    let entry = Unmanaged<AnyObject>.fromOpaque(out).takeRetainedValue()
    if let function = entry as? RemoteEntry { functions[function.name] = function }
    if let actor = entry as? ActorEntry { actors[actor.name] = actor }
  }
}

#if !canImport(Darwin)
  @_silgen_name("swift_enumerateAllMetadataSections")
  private func enumerateImages(
    _ body: @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer) -> CBool, _ context: UnsafeMutableRawPointer)

  private func visitImage(_ sections: UnsafeRawPointer, _ context: UnsafeMutableRawPointer) -> CBool {
    // Version 4 of the structure is the first with the test content section.
    guard sections.load(as: UInt.self) >= 4 else { return true }
    let range = sections.load(as: MetadataSections.self).swift5_tests
    guard range.start != 0, range.length > 0 else { return true }
    let table = context.assumingMemoryBound(to: RemoteRegistry.Table.self)
    let stride = MemoryLayout<RemoteRegistry.Record>.stride
    var address = UInt(range.start)
    let end = address + UInt(range.length)
    while address + UInt(stride) <= end {
      if let record = UnsafePointer<RemoteRegistry.Record>(bitPattern: address) { table.pointee.add(record) }
      address += UInt(stride)
    }
    return true
  }
#else
  private func enumerateImages(
    _ body: @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer) -> CBool, _ context: UnsafeMutableRawPointer
  ) {}
  private func visitImage(_ sections: UnsafeRawPointer, _ context: UnsafeMutableRawPointer) -> CBool { true }
#endif
