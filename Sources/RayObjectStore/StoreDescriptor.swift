/// The 16 bytes by which the rest of the system knows an object; the store only carries them.
package struct StoreObjectID: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// Where a sealed object lies, short enough to travel inside every reference to it.
///
/// ```
/// 0  slot u16 | 2  zero u16 | 4  generation u32 | 8  journal index u32 | 12 sequence u32 | 16 offset u64 | 24 size u64
/// ```
/// `slot` and `generation` name the creating client, `index` and `sequence` one use of one of its journal entries: a stale
/// descriptor is recognised even after all of them were used again. `offset` counts from the first data byte.
package struct StoreDescriptor: Hashable, Sendable {
  package static let encodedByteCount = 32

  package var slot: UInt16
  package var generation: UInt32
  package var index: UInt32
  package var sequence: UInt32
  package var offset: UInt64
  package var byteCount: UInt64

  package init(slot: UInt16, generation: UInt32, index: UInt32, sequence: UInt32, offset: UInt64, byteCount: UInt64) {
    self.slot = slot
    self.generation = generation
    self.index = index
    self.sequence = sequence
    self.offset = offset
    self.byteCount = byteCount
  }

  /// Reads 32 little-endian bytes; nil when there are fewer or the reserved field is not zero. Everything else is checked
  /// against the segment when the descriptor is used.
  package init?(encoded bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.encodedByteCount, bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self) == 0 else { return nil }
    slot = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt16.self))
    generation = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    index = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    sequence = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    byteCount = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  /// Writes the 32 bytes of the layout above; `bytes` must have room for them.
  package func encode(into bytes: UnsafeMutableRawBufferPointer) {
    precondition(bytes.count >= Self.encodedByteCount, "a descriptor needs \(Self.encodedByteCount) bytes")
    bytes.storeBytes(of: slot.littleEndian, toByteOffset: 0, as: UInt16.self)
    bytes.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
    bytes.storeBytes(of: generation.littleEndian, toByteOffset: 4, as: UInt32.self)
    bytes.storeBytes(of: index.littleEndian, toByteOffset: 8, as: UInt32.self)
    bytes.storeBytes(of: sequence.littleEndian, toByteOffset: 12, as: UInt32.self)
    bytes.storeBytes(of: offset.littleEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: byteCount.littleEndian, toByteOffset: 24, as: UInt64.self)
  }
}

extension StoreDescriptor: CustomStringConvertible {
  package var description: String {
    "object \(slot).\(generation)/\(index).\(sequence) at \(offset), \(byteCount) bytes"
  }
}
