internal import RayProtocol

/// A reference as programs pass it on.
struct Handle: Hashable {
  var id: ObjectID
  /// The object's number in the model: tells two lives of one slot apart.
  var tag: UInt64
  /// It came through an actor's memory: waiting for it could close a circle of waits.
  var isLoose = false
  var isActor = false
}

/// What programs compute: the number of the object it must be, and references.
struct SimulatedValue {
  var tag: UInt64
  var handles: [Handle]

  /// `tag u64 | count u16 | per handle: owner u64, index u64, tag u64, flags u8 | padding`.
  func encoded(padding: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    append(tag, &bytes)
    append(UInt16(handles.count), &bytes)
    for handle in handles {
      append(handle.id.owner.rawValue, &bytes)
      append(handle.id.index, &bytes)
      append(handle.tag, &bytes)
      bytes.append((handle.isLoose ? 1 : 0) | (handle.isActor ? 2 : 0))
    }
    for position in 0..<padding { bytes.append(UInt8(truncatingIfNeeded: position)) }
    return bytes
  }

  private func append<T: FixedWidthInteger>(_ value: T, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  init(tag: UInt64, handles: [Handle]) {
    self.tag = tag
    self.handles = handles
  }

  /// Nil when the bytes are not what somebody encoded: they were freed, overwritten or cut.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var cursor = ByteCursor(bytes)
    do throws(ByteCursor.Truncated) {
      tag = try cursor.integer(UInt64.self)
      handles = []
      for _ in 0..<(try cursor.integer(UInt16.self)) {
        let owner = WorkerID(try cursor.integer(UInt64.self))
        let id = ObjectID(owner: owner, index: try cursor.integer(UInt64.self))
        let number = try cursor.integer(UInt64.self)
        let flags = try cursor.integer(UInt8.self)
        handles.append(Handle(id: id, tag: number, isLoose: flags & 1 != 0, isActor: flags & 2 != 0))
      }
    } catch {
      return nil
    }
    for (position, byte) in cursor.remaining.enumerated() where byte != UInt8(truncatingIfNeeded: position) { return nil }
  }
}

/// Errors as bytes: the code and the message.
enum SimulatedError {
  static func encode(_ error: RayError) -> [UInt8] {
    withUnsafeBytes(of: error.code.value.rawValue.littleEndian) { Array($0) } + Array(error.message.utf8)
  }

  static func decode(_ bytes: UnsafeRawBufferPointer) -> RayError? {
    guard bytes.count >= 2, let code = RayError.Code.Value(rawValue: bytes.loadUnaligned(as: UInt16.self)) else { return nil }
    return RayError(RayError.Code(code), String(decoding: bytes[2...], as: UTF8.self))
  }
}
