internal import RayProtocol

/// Byte layout of results in `done`, `streamItem` and `object` frames.
///
/// One result: `place u8 | reference count u32 | byte count u32 | references (16 bytes each) | bytes or descriptor`.
/// A general `done` body: `duration u32 | result count u32 | transit u64 | kept count u32 | results | kept indices u64`.
/// The short `done` body of one inline result without references: `duration u32 | bytes`.
enum ResultCoding {
  static func byteCount(_ part: ResultPart) -> Int {
    9 + part.references.count * 16
      + (part.place == .stored ? StoredDescriptor.byteCount : part.bytes.count)
  }

  static func write(_ part: ResultPart, _ filler: inout ByteFiller) {
    filler.put(part.place.rawValue)
    filler.put(UInt32(part.references.count))
    filler.put(UInt32(part.place == .stored ? StoredDescriptor.byteCount : part.bytes.count))
    for id in part.references {
      filler.put(id.owner.rawValue)
      filler.put(id.index)
    }
    if let descriptor = part.descriptor {
      withUnsafeBytes(of: descriptor) { filler.put($0) }
    } else {
      filler.put(part.bytes)
    }
  }

  static func read(_ cursor: inout ByteCursor) throws(ByteCursor.Truncated) -> ResultPart {
    guard let place = ValuePlace(rawValue: try cursor.integer(UInt8.self)), place != .pending else {
      throw ByteCursor.Truncated()
    }
    let referenceCount = Int(try cursor.integer(UInt32.self))
    let byteCount = Int(try cursor.integer(UInt32.self))
    guard referenceCount * 16 <= cursor.remaining.count else { throw ByteCursor.Truncated() }
    var part = ResultPart(place: place, bytes: .init(start: nil, count: 0))
    part.references.reserveCapacity(referenceCount)
    for _ in 0..<referenceCount {
      let owner = WorkerID(try cursor.integer(UInt64.self))
      part.references.append(ObjectID(owner: owner, index: try cursor.integer(UInt64.self)))
    }
    part.bytes = try cursor.bytes(byteCount)
    if place == .stored {
      guard byteCount == StoredDescriptor.byteCount else { throw ByteCursor.Truncated() }
      part.descriptor = StoredDescriptor(reading: part.bytes.baseAddress!)
    }
    return part
  }
}
