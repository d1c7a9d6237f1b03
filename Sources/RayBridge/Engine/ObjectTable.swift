internal import RayProtocol
internal import Synchronization

/// What this process knows of the objects, streams and actors it has handles of.
///
/// Several handles may name one object: the entry goes with the last.
final class ObjectTable: Sendable {
  /// One object as this process sees it.
  final class Entry: @unchecked Sendable {
    // Sendable: `value` is guarded by `lock`.
    enum Value {
      case pending
      /// Known to be ready, not fetched yet.
      case ready
      /// The bytes, and what keeps them.
      case value(any AnyObject & Sendable, UnsafeRawBufferPointer)
      case failed(FixedBytes)
    }

    enum Kind: Sendable { case object, stream, actor }

    /// The `ObjectRef`, `ObjectRefGenerator` or `ActorHandle`.
    let object: PythonObject
    let kind: Kind
    /// Not known to be the result of Python code.
    let isSwift: Bool
    private let lock = Mutex<Void>(())
    private var current = Value.pending

    init(_ object: PythonObject, _ kind: Kind, isSwift: Bool = true) {
      self.object = object
      self.kind = kind
      self.isSwift = isSwift
    }

    /// What is known. The bytes stay valid as long as the entry lives: a resolved entry never changes.
    var value: Value {
      get { lock.withLock { _ in current } }
      set {
        lock.withLock { _ in
          switch current {
          case .pending, .ready: current = newValue
          case .value, .failed: break
          }
        }
      }
    }

    var isResolved: Bool {
      switch value {
      case .pending, .ready: false
      case .value, .failed: true
      }
    }

    var isReady: Bool { if case .pending = value { false } else { true } }

    func markReady() { value = .ready }

    func resolve(_ buffer: PythonBuffer, skipping offset: Int) {
      value = .value(buffer, UnsafeRawBufferPointer(rebasing: buffer.bytes.dropFirst(offset)))
    }

    func resolve(_ small: SmallValue, skipping offset: Int) {
      value = .value(small, UnsafeRawBufferPointer(rebasing: small.bytes.dropFirst(offset)))
    }

    func resolve(_ large: LargeValue) { value = .value(large, large.bytes) }

    func fail(_ bytes: [UInt8]) { value = .failed(FixedBytes(bytes)) }

    /// The small value or the failure in memory of its own; nil for everything else.
    func copy(_ object: PythonObject) -> Entry? {
      guard kind == .object else { return nil }
      let copy = Entry(object, kind)
      switch value {
      case .value(_, let bytes) where bytes.count <= Self.keptByteCountMax:
        let fixed = FixedBytes(bytes)
        copy.value = .value(fixed, fixed.bytes)
      case .failed: copy.value = value
      case .pending, .ready, .value: return nil
      }
      return copy
    }

    /// As on the embedded engine: what is larger lies in the store.
    private static let keptByteCountMax = 100 << 10
  }

  /// Bytes at a fixed address.
  final class FixedBytes: @unchecked Sendable {
    // Sendable: written before it is shared.
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
      memory.copyBytes(from: bytes)
      self.bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
  }

  private struct Slot {
    var entry: Entry
    var handleCount: Int
  }

  private let slots = Mutex<[ObjectID: Slot]>([:])

  /// One more handle of an object.
  func add(_ id: ObjectID, _ make: () -> Entry) -> Entry {
    if let known = slots.withLock({ slots -> Entry? in
      slots[id]?.handleCount += 1
      return slots[id]?.entry
    }) {
      return known
    }
    let entry = make()
    return slots.withLock { slots in
      if let known = slots[id]?.entry {
        slots[id]?.handleCount += 1
        return known
      }
      slots[id] = Slot(entry: entry, handleCount: 1)
      return entry
    }
  }

  func find(_ id: ObjectID) -> Entry? { slots.withLock { $0[id]?.entry } }

  /// One handle less; returns the entry when that was the last.
  func remove(_ id: ObjectID) -> Entry? {
    slots.withLock { slots in
      guard var slot = slots[id] else { return nil }
      slot.handleCount -= 1
      if slot.handleCount > 0 {
        slots[id] = slot
        return nil
      }
      slots[id] = nil
      return slot.entry
    }
  }

  /// Small results and failures stay readable after the end of a connection; everything else is forgotten.
  ///
  /// `none` stands for the references, which mean nothing any more.
  func removeAll(keeping none: PythonObject) {
    let forgotten = slots.withLock { slots in
      defer {
        slots = slots.compactMapValues { slot in
          slot.entry.copy(none).map { Slot(entry: $0, handleCount: slot.handleCount) }
        }
      }
      return slots
    }
    // Not under the lock: the last use of an entry gives a Python object back.
    withExtendedLifetime(forgotten) {}
  }

  var count: Int { slots.withLock { $0.count } }
}

extension Dictionary {
  mutating func take() -> Self {
    defer { self = [:] }
    return self
  }
}

/// Ray's identifiers in the two words this library uses.
enum Identifiers {
  /// 28 bytes: the task (24, of which 16 name its actor and job) and the number of the result.
  static func object(_ bytes: UnsafeRawBufferPointer) -> ObjectID {
    guard bytes.count == 28 else { return ObjectID(owner: WorkerID(0), index: 0) }
    let words = (0..<3).map { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
    let number = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
    return ObjectID(owner: WorkerID(words[0]), index: words[1] ^ (words[2] << 32 | words[2] >> 32) &+ number)
  }

  static func task(_ bytes: UnsafeRawBufferPointer) -> TaskID? {
    guard bytes.count == 24 else { return nil }
    let words = (0..<3).map { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
    return TaskID(owner: WorkerID(words[0]), index: words[1] ^ (words[2] << 32 | words[2] >> 32))
  }

  static func actor(_ bytes: UnsafeRawBufferPointer) -> ActorID {
    guard bytes.count == 16 else { return ActorID(creator: WorkerID(0), index: 0) }
    return ActorID(
      creator: WorkerID(UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))),
      index: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  /// The first eight bytes of a longer identifier. They are random.
  static func word(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    bytes.count < 8 ? 0 : UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
  }
}
