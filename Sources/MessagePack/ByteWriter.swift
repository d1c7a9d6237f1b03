#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A growing run of bytes that MessagePack objects are written straight into.
///
/// ```swift
/// var writer = ByteWriter()
/// writer.putArrayHeader(2)
/// writer.put(1)
/// writer.put("one")
/// ```
///
/// The bytes live in one block on the heap, or in storage that somebody lent (shared memory) until they outgrow it.
/// The front can be consumed, so that a writer also serves as a connection's outbound buffer:
///
/// ```
///  base        head                 end                capacity
///   | consumed | bytes (`count`)     | spare             |
/// ```
///
/// Writing never throws. What cannot be expressed leaves a nil and is remembered in ``failure``.
// Sendable: the storage is reachable through this value only, which cannot be copied; lent storage is lent exclusively.
public struct ByteWriter: ~Copyable, @unchecked Sendable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var head: Int
  @usableFromInline var end: Int
  @usableFromInline var capacity: Int

  /// Whether the bytes are on the writer's own heap block; false while they fit into lent storage.
  public private(set) var ownsStorage: Bool
  /// Whether long arrays of scalars are written as one block of memory; turn off for readers that know plain MessagePack only.
  public var allowsTypedArrays: Bool
  /// Copies large blocks into lent storage. Not counted: whoever lends the storage keeps it.
  @usableFromInline package unowned(unsafe) var bulkCopier: BulkCopier?
  /// How many containers enclose the value that is being written.
  @usableFromInline var depth: Int32
  /// Where the current value starts, counted like `count`; typed arrays align their elements relative to it.
  @usableFromInline package var alignmentBase: Int
  /// What must stay alive until the bytes are handed over, such as the handles of the references noted.
  package internal(set) var keptObjects: [any AnyObject & Sendable]
  /// The object references that occur inside the values written so far.
  package internal(set) var references: [(UInt64, UInt64)]
  /// The first thing that could not be written, if any.
  public internal(set) var failure: MessagePackError?

  /// An empty writer with room for `capacity` bytes; nothing is allocated for zero.
  public init(capacity: Int = 0) {
    precondition(capacity >= 0, "a writer's capacity cannot be negative")
    self.init(base: Self.nothing, capacity: 0, ownsStorage: true)
    if capacity > 0 { grow(toFit: capacity) }
  }

  /// A writer that fills `storage` first and moves to the heap when that is too small.
  ///
  /// `storage` must stay valid, and nobody else may touch it, until the writer is gone or has moved (`ownsStorage`).
  package init(borrowing storage: UnsafeMutableRawBufferPointer) {
    self.init(base: storage.baseAddress ?? Self.nothing, capacity: storage.count, ownsStorage: false)
  }

  /// A writer that continues behind the `count` bytes in `storage`, which came from ``takeStorage()``.
  package init(adopting storage: UnsafeMutableRawBufferPointer, count: Int = 0) {
    precondition(count >= 0 && count <= storage.count, "the storage is smaller than its contents")
    self.init(base: storage.baseAddress ?? Self.nothing, capacity: storage.count, ownsStorage: true)
    end = count
  }

  private init(base: UnsafeMutableRawPointer, capacity: Int, ownsStorage: Bool) {
    self.base = base
    self.head = 0
    self.end = 0
    self.capacity = capacity
    self.ownsStorage = ownsStorage
    self.allowsTypedArrays = true
    self.bulkCopier = nil
    self.depth = 0
    self.alignmentBase = 0
    self.keptObjects = []
    self.references = []
    self.failure = nil
  }

  deinit {
    if ownsStorage, capacity > 0 { free(base) }
  }

  /// Stands for "no storage yet"; its capacity is zero, so nothing is ever read or written through it.
  private static var nothing: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

  /// The number of bytes written and not consumed.
  @inlinable public var count: Int { end &- head }

  /// Whether nothing is waiting here.
  @inlinable public var isEmpty: Bool { end == head }

  /// A copy of the bytes.
  public var bytes: [UInt8] {
    withUnsafeBytes { bytes in [UInt8](bytes) }
  }

  /// The bytes, in place.
  public var span: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let span = RawSpan(_unsafeStart: UnsafeRawPointer(base + head), byteCount: count)
      return _overrideLifetime(span, borrowing: self)
    }
  }

  /// Makes room for `byteCount` more bytes, so that the next writes need no check of their own size.
  @inlinable
  public mutating func reserveCapacity(_ byteCount: Int) {
    if capacity &- end < byteCount { makeRoom(for: byteCount) }
  }

  /// Notes that the value being written contains a reference to an object.
  package mutating func noteReference(_ high: UInt64, _ low: UInt64) {
    references.append((high, low))
  }

  /// Keeps `object` alive until ``takeKeptObjects()``.
  package mutating func keep(_ object: any AnyObject & Sendable) { keptObjects.append(object) }

  /// Hands over what was kept alive.
  package mutating func takeKeptObjects() -> [any AnyObject & Sendable] {
    if keptObjects.isEmpty { return [] }
    defer { keptObjects = [] }
    return keptObjects
  }

  /// Hands over the noted references and starts a new list.
  package mutating func takeReferences() -> [(UInt64, UInt64)] {
    defer { references = [] }
    return references
  }

  /// Remembers the first failure; later ones are usually its consequences.
  @usableFromInline
  mutating func fail(_ error: MessagePackError) {
    if failure == nil { failure = error }
  }

  // MARK: Growing

  /// Slides the bytes over what was consumed if that is enough, else grows.
  @usableFromInline
  @inline(never)
  mutating func makeRoom(for byteCount: Int) {
    // Sliding pays when it frees at least half: each byte then moves at most once per byte consumed.
    if head > 0, capacity - count >= byteCount, head >= count {
      base.copyMemory(from: base + head, byteCount: count)
      end = count
      head = 0
      return
    }
    let (needed, overflow) = end.addingReportingOverflow(byteCount)
    precondition(!overflow && byteCount >= 0, "a writer cannot hold \(byteCount) more bytes")
    grow(toFit: needed)
  }

  private mutating func grow(toFit needed: Int) {
    let wanted = Swift.max(needed, capacity < 1 << 62 ? capacity * 2 : needed, 128)
    guard let block = ownsStorage && capacity > 0 ? realloc(base, wanted) : malloc(wanted) else {
      fatalError("out of memory: \(wanted) bytes for a writer")
    }
    if !ownsStorage { block.copyMemory(from: base, byteCount: end) }
    base = block
    capacity = wanted
    ownsStorage = true
  }

  /// Forgets the storage without freeing it.
  mutating func abandonStorage() {
    base = Self.nothing
    head = 0
    end = 0
    capacity = 0
    ownsStorage = true
  }
}
