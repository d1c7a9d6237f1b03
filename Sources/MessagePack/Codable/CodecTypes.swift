/// Remembers which types have a codec of their own, because asking the runtime costs more than encoding a small value.
struct CodecTypes {
  private typealias Slot = (type: ObjectIdentifier?, codec: (any RaySerializable.Type)?)
  private static var slotCount: Int { 64 }
  private var slots = [Slot](repeating: (nil, nil), count: slotCount)

  /// `type` as one that is serializable by itself, nil if it only is `Codable`.
  mutating func codec<Value>(of type: Value.Type) -> (any RaySerializable.Type)? {
    let identifier = ObjectIdentifier(type)
    // Metadata is aligned to 8 bytes at least and usually much larger: fold higher bits in.
    let bits = UInt(bitPattern: identifier.hashValueBits)
    let slot = Int((bits >> 4 ^ bits >> 10) & UInt(Self.slotCount - 1))
    if slots[slot].type == identifier { return slots[slot].codec }
    let codec = type as? any RaySerializable.Type
    slots[slot] = (identifier, codec)
    return codec
  }
}

extension ObjectIdentifier {
  fileprivate var hashValueBits: Int { Int(bitPattern: self) }
}
