/// Reads the fields of a node message; the bytes come from another process and are believed in nothing.
package struct NodeMessageReader {
  private var cursor: ByteCursor
  /// Name of the message, for errors.
  private let kind: NodeFrameKind

  package init(_ bytes: UnsafeRawBufferPointer, kind: NodeFrameKind) {
    cursor = ByteCursor(bytes)
    self.kind = kind
  }

  package func violation(_ text: String) -> RayError {
    RayError(.protocolViolation, "node message '\(kind)': \(text)")
  }

  package mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(RayError) -> T {
    do { return try cursor.anyInteger(type) } catch { throw violation("ends inside an integer") }
  }

  package mutating func bool() throws(RayError) -> Bool {
    switch try integer(UInt8.self) {
    case 0: return false
    case 1: return true
    case let other: throw violation("expected a truth value, found \(other)")
    }
  }

  package mutating func string() throws(RayError) -> String {
    let count = try integer(UInt32.self)
    guard let text = String(validating: try raw(Int(count)), as: UTF8.self) else {
      throw violation("text is not UTF-8")
    }
    return text
  }

  package mutating func blob() throws(RayError) -> [UInt8] {
    let count = try integer(UInt32.self)
    return [UInt8](try raw(Int(count)))
  }

  package mutating func value<T: NodeMessageField>(_: T.Type = T.self) throws(RayError) -> T {
    try T(from: &self)
  }

  package mutating func list<T: NodeMessageField>(_: T.Type = T.self) throws(RayError) -> [T] {
    let count = Int(try integer(UInt32.self))
    guard count <= cursor.remaining.count / max(T.byteCountMin, 1) else {
      throw violation("a list of \(count) does not fit into \(cursor.remaining.count) bytes")
    }
    var list: [T] = []
    list.reserveCapacity(count)
    for _ in 0..<count { list.append(try T(from: &self)) }
    return list
  }

  package mutating func optional<T: NodeMessageField>(_: T.Type = T.self) throws(RayError) -> T? {
    try bool() ? try T(from: &self) : nil
  }

  /// Throws when bytes are left over.
  package func finish() throws(RayError) {
    guard cursor.remaining.isEmpty else {
      throw violation("\(cursor.remaining.count) bytes too many")
    }
  }

  private mutating func raw(_ count: Int) throws(RayError) -> UnsafeRawBufferPointer {
    do { return try cursor.bytes(count) } catch {
      throw violation("promises \(count) bytes that are not there")
    }
  }
}
