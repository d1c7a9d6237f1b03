/// Reads Ray's messages (protocol buffers), without knowing more of them than what is asked for. The bytes may be anything.
struct RayMessage {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The content of the field of that number, of which the last one counts; nil where there is none or the bytes are no message.
  func bytes(_ field: UInt64) -> UnsafeRawBufferPointer? {
    if case .bytes(let found) = find(field) { found } else { nil }
  }

  func number(_ field: UInt64) -> UInt64? {
    if case .number(let found) = find(field) { found } else { nil }
  }

  func text(_ field: UInt64) -> String? { bytes(field).flatMap { String(validating: $0, as: UTF8.self) } }

  private enum Field {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
    case other
  }

  private func find(_ wanted: UInt64) -> Field? {
    var found: Field?
    var offset = 0
    while offset < bytes.count {
      guard let tag = number(at: &offset), let field = field(kind: tag & 7, at: &offset) else { return nil }
      if tag >> 3 == wanted { found = field }
    }
    return found
  }

  private func field(kind: UInt64, at offset: inout Int) -> Field? {
    switch kind {
    case 0: return number(at: &offset).map { .number($0) }
    case 1: return skip(8, at: &offset)
    case 2:
      guard let count = number(at: &offset), count <= UInt64(bytes.count - offset) else { return nil }
      defer { offset += Int(count) }
      return .bytes(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(count))]))
    case 5: return skip(4, at: &offset)
    default: return nil
    }
  }

  private func skip(_ count: Int, at offset: inout Int) -> Field? {
    guard count <= bytes.count - offset else { return nil }
    offset += count
    return .other
  }

  private func number(at offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard offset < bytes.count else { return nil }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

/// What Ray's own bytes of an actor's handle say about the actor.
package struct ActorOrigin: Equatable {
  package var isNative: Bool
  /// The Swift class; empty where a native worker created the actor and did not tell.
  package var className: String

  /// Fields 5 (the language; 2 is C++) and 6 (the function that created the actor; there 3 is C++'s, with class and name).
  package init(handle: UnsafeRawBufferPointer) {
    let message = RayMessage(handle)
    isNative = message.number(5) == 2
    let creation = message.bytes(6).flatMap { RayMessage($0).bytes(3) }.map { RayMessage($0) }
    className = creation?.text(3) ?? ""
  }
}
