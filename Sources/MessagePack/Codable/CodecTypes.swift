/// Remembers which types have a codec of their own, because asking the runtime costs more than encoding a small value.
///
/// The table is memory of its own rather than an array: reading it then needs neither bounds nor exclusivity checks.
struct CodecTypes: ~Copyable {
  private typealias Slot = (type: ObjectIdentifier?, codec: (any RaySerializable.Type)?)
  private static var slotCount: Int { 64 }
  private let slots: UnsafeMutablePointer<Slot>

  init() {
    slots = .allocate(capacity: Self.slotCount)
    slots.initialize(repeating: (nil, nil), count: Self.slotCount)
  }

  deinit {
    slots.deinitialize(count: Self.slotCount)
    slots.deallocate()
  }

  /// `type` as one that is serializable by itself, nil if it only is `Codable`.
  @inline(__always)
  func codec<Value>(of type: Value.Type) -> (any RaySerializable.Type)? {
    let identifier = ObjectIdentifier(type)
    // Metadata is aligned to 8 bytes at least and usually much larger: fold higher bits in.
    let bits = UInt(bitPattern: identifier)
    let slot = slots + Int((bits >> 4 ^ bits >> 10) & UInt(Self.slotCount - 1))
    if slot.pointee.type == identifier { return slot.pointee.codec }
    let codec = type as? any RaySerializable.Type
    slot.pointee = (identifier, codec)
    return codec
  }
}
