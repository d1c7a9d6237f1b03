/// Where everything lies in a segment; computed from four numbers, the same in every process.
///
/// ```
/// header page     magic, version, the four numbers; then words of their own cache lines:
///                 freeCounter (futex: space was freed), pressure (clock until which somebody waits for space),
///                 nodeWork (futex: the node should look), nodeSleeping, wakeMark
/// client table    128 bytes per slot: word, journal and pin high-water marks; releasable (own cache line)
/// block owners    u32 per 2 MiB block: 0 free, else generation << 12 | slot + 1
/// block warmth    u8 per block: 1 when the block has memory
/// pin tables      u64 per record, `pinCount` per client, sparse
/// journals        64 bytes per entry, `journalCount` per client, sparse
/// data            2 MiB aligned blocks
/// ```
/// Tables are sparse: they take memory up to the high-water marks of their clients only.
package struct StoreLayout: Hashable, Sendable {
  /// The space is leased in blocks of this size, which is also the huge page.
  package static let blockSize = 2 << 20
  static let magic: UInt64 = 0x5357_5241_5953_4831  // "SWRAYSH1"
  static let version: UInt32 = 1
  static let pageSize = 4096
  static let clientStride = 128
  static let entryStride = 64

  enum Header {
    static let magic = 0
    static let version = 8
    static let clientCount = 12
    static let capacity = 16
    static let journalCount = 24
    static let pinCount = 28
    static let end = 32
    static let freeCounter = 128
    static let pressure = 192
    static let nodeWork = 256
    static let nodeSleeping = 260
    static let wakeMark = 320
  }

  /// Bytes for objects, a multiple of ``blockSize``.
  package let capacity: Int
  /// Slots for processes; slot 0 is the node's own.
  package let clientCount: Int
  /// Live objects that one client may have created.
  package let journalCount: Int
  /// Pins that one client may hold at a time.
  package let pinCount: Int

  let ownersOffset: Int
  let warmthOffset: Int
  let pinsOffset: Int
  let journalsOffset: Int
  let dataOffset: Int

  package var blockCount: Int { capacity / Self.blockSize }
  /// Bytes of the whole segment.
  package var byteCount: Int { dataOffset + capacity }

  /// Nil when a number is out of its range.
  init?(capacity: Int, clientCount: Int, journalCount: Int, pinCount: Int) {
    guard capacity >= Self.blockSize, capacity % Self.blockSize == 0, capacity >> 44 == 0,
      (2...4095).contains(clientCount), (1...1 << 24).contains(journalCount), (1...1 << 20).contains(pinCount)
    else { return nil }
    self.capacity = capacity
    self.clientCount = clientCount
    self.journalCount = journalCount
    self.pinCount = pinCount
    func aligned(_ offset: Int, to size: Int) -> Int { (offset + size - 1) / size * size }
    let page = Self.pageSize
    let blockCount = capacity / Self.blockSize
    ownersOffset = aligned(page + clientCount * Self.clientStride, to: page)
    warmthOffset = aligned(ownersOffset + blockCount * 4, to: page)
    pinsOffset = aligned(warmthOffset + blockCount, to: page)
    journalsOffset = aligned(pinsOffset + clientCount * aligned(pinCount * 8, to: page), to: page)
    dataOffset = aligned(journalsOffset + clientCount * aligned(journalCount * Self.entryStride, to: page), to: Self.blockSize)
  }

  func clientOffset(_ slot: Int) -> Int { Self.pageSize + slot * Self.clientStride }

  /// Page aligned per client, so that the memory of one client's table is populated by that client alone.
  func pinTableOffset(_ slot: Int) -> Int {
    pinsOffset + slot * ((pinCount * 8 + Self.pageSize - 1) / Self.pageSize * Self.pageSize)
  }

  @inline(__always)
  func entryOffset(_ slot: Int, _ index: Int) -> Int {
    journalsOffset + slot * ((journalCount * Self.entryStride + Self.pageSize - 1) & ~(Self.pageSize - 1))
      + index * Self.entryStride
  }

  /// Blocks that `byteCount` bytes need.
  static func blocks(for byteCount: Int) -> Int { (byteCount + blockSize - 1) / blockSize }
}
