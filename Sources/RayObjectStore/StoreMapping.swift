internal import CRayShims

/// A process's view of the whole segment.
///
/// The node gets one from ``StoreSegment``; every other process makes one from the descriptor it was passed. The mapping ends
/// with the last reference to this object, and with it all pointers that clients handed out.
package final class StoreMapping: Sendable {
  package static let alignment = 64 << 20

  package let layout: StoreLayout
  /// The segment's descriptor, close-on-exec; owned by the mapping.
  package let fileDescriptor: Int32
  // Set once in init, and the words behind it are only touched through atomic accessors or by the owner of a block.
  nonisolated(unsafe) let base: UnsafeMutableRawPointer

  /// First byte of the space for objects.
  @inline(__always) var data: UnsafeMutableRawPointer { base + layout.dataOffset }

  /// Creates a segment; ``StoreSegment`` fills in the header.
  init(creating layout: StoreLayout) throws(StoreError) {
    var descriptor: Int32 = -1
    try Self.check("creating the segment", cray_shm_create(layout.byteCount, &descriptor))
    do throws(StoreError) {
      base = try Self.map(descriptor, layout.byteCount)
    } catch {
      cray_shm_close(descriptor)
      throw error
    }
    fileDescriptor = descriptor
    self.layout = layout
    try populate(offset: 0, byteCount: layout.pinsOffset)
    writeHeader()
  }

  /// Maps the segment behind `descriptor`, which stays the caller's, after checking that it is one and cannot be truncated.
  package init(fileDescriptor descriptor: Int32) throws(StoreError) {
    var size = 0
    try Self.check("reading the segment's size", cray_shm_sealed_size(descriptor, &size))
    var own: Int32 = -1
    try Self.check("duplicating the segment", cray_shm_duplicate(descriptor, &own))
    do throws(StoreError) {
      layout = try Self.readLayout(own, size: size)
      base = try Self.map(own, size)
    } catch {
      cray_shm_close(own)
      throw error
    }
    fileDescriptor = own
  }

  deinit {
    cray_shm_unmap(base, layout.byteCount)
    cray_shm_close(fileDescriptor)
  }

  // MARK: Header

  private func writeHeader() {
    base.storeBytes(of: StoreLayout.version, toByteOffset: StoreLayout.Header.version, as: UInt32.self)
    base.storeBytes(of: UInt32(layout.clientCount), toByteOffset: StoreLayout.Header.clientCount, as: UInt32.self)
    base.storeBytes(of: UInt64(layout.capacity), toByteOffset: StoreLayout.Header.capacity, as: UInt64.self)
    base.storeBytes(of: UInt32(layout.journalCount), toByteOffset: StoreLayout.Header.journalCount, as: UInt32.self)
    base.storeBytes(of: UInt32(layout.pinCount), toByteOffset: StoreLayout.Header.pinCount, as: UInt32.self)
    wakeMark.store(UInt32.max)
    SharedWord64(address: base + StoreLayout.Header.magic).storeRelease(StoreLayout.magic)
  }

  private static func readLayout(_ descriptor: Int32, size: Int) throws(StoreError) -> StoreLayout {
    guard size >= StoreLayout.pageSize else { throw .corrupted("a segment of \(size) bytes has no header") }
    // The header is mapped and copied out once; nothing is sized by shared memory afterwards.
    let header = try map(descriptor, StoreLayout.pageSize)
    defer { cray_shm_unmap(header, StoreLayout.pageSize) }
    guard SharedWord64(address: header + StoreLayout.Header.magic).load() == StoreLayout.magic else {
      throw .corrupted("not an object store segment")
    }
    let version = header.load(fromByteOffset: StoreLayout.Header.version, as: UInt32.self)
    guard version == StoreLayout.version else { throw .corrupted("layout version \(version), expected \(StoreLayout.version)") }
    let layout = StoreLayout(
      capacity: Int(truncatingIfNeeded: header.load(fromByteOffset: StoreLayout.Header.capacity, as: UInt64.self)),
      clientCount: Int(header.load(fromByteOffset: StoreLayout.Header.clientCount, as: UInt32.self)),
      journalCount: Int(header.load(fromByteOffset: StoreLayout.Header.journalCount, as: UInt32.self)),
      pinCount: Int(header.load(fromByteOffset: StoreLayout.Header.pinCount, as: UInt32.self)))
    guard let layout, layout.byteCount == size else { throw .corrupted("the header does not match a segment of \(size) bytes") }
    return layout
  }

  // MARK: Shared words

  var freeCounter: SharedWord32 { SharedWord32(address: base + StoreLayout.Header.freeCounter) }
  var pressure: SharedWord64 { SharedWord64(address: base + StoreLayout.Header.pressure) }
  var nodeWork: SharedWord32 { SharedWord32(address: base + StoreLayout.Header.nodeWork) }
  var nodeSleeping: SharedWord32 { SharedWord32(address: base + StoreLayout.Header.nodeSleeping) }
  var wakeMark: SharedWord32 { SharedWord32(address: base + StoreLayout.Header.wakeMark) }

  func client(_ slot: Int) -> ClientRecord { ClientRecord(base: base + layout.clientOffset(slot)) }

  @inline(__always)
  func entry(_ slot: Int, _ index: Int) -> JournalEntry { JournalEntry(base: base + layout.entryOffset(slot, index)) }

  func pinRecord(_ slot: Int, _ index: Int) -> SharedWord64 {
    SharedWord64(address: base + layout.pinTableOffset(slot) + index * 8)
  }

  // MARK: System calls

  /// Gives a range of the segment memory, as an error and not as a signal when there is none.
  func populate(offset: Int, byteCount: Int) throws(StoreError) {
    guard byteCount > 0 else { return }
    let page = StoreLayout.pageSize
    let first = offset / page * page
    let end = (offset + byteCount + page - 1) / page * page
    try Self.check("allocating memory for the object store", cray_shm_populate(fileDescriptor, base + first, end - first, first))
  }

  private static func map(_ descriptor: Int32, _ size: Int) throws(StoreError) -> UnsafeMutableRawPointer {
    var address: UnsafeMutableRawPointer?
    try check("mapping \(size) bytes of object store", cray_shm_map(descriptor, size, alignment, &address))
    guard let address else { throw .systemLimit(operation: "mapping the object store", errno: 0) }
    return address
  }

  @inline(__always)
  static func check(_ operation: @autoclosure () -> String, _ error: Int32) throws(StoreError) {
    if error != 0 { throw .systemLimit(operation: operation(), errno: error) }
  }
}
