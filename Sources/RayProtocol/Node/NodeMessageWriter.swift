/// Writes the fields of a node message one after another: little-endian integers, counted strings and lists.
package struct NodeMessageWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

  package mutating func put(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      put(UInt32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  package mutating func put(_ blob: [UInt8]) {
    put(UInt32(blob.count))
    bytes.append(contentsOf: blob)
  }

  package mutating func put(_ value: some NodeMessageField) { value.encode(into: &self) }

  package mutating func put(_ list: [some NodeMessageField]) {
    put(UInt32(list.count))
    for value in list { value.encode(into: &self) }
  }

  package mutating func put(_ value: (some NodeMessageField)?) {
    put(value != nil)
    if let value { value.encode(into: &self) }
  }
}

/// A value with a fixed place in node messages.
package protocol NodeMessageField: Sendable {
  func encode(into writer: inout NodeMessageWriter)
  init(from reader: inout NodeMessageReader) throws(RayError)
  /// No value takes fewer bytes; bounds a list's count before memory is reserved for it.
  static var byteCountMin: Int { get }
}

extension String: NodeMessageField {
  package func encode(into writer: inout NodeMessageWriter) { writer.put(self) }
  package init(from reader: inout NodeMessageReader) throws(RayError) { self = try reader.string() }
  package static var byteCountMin: Int { 4 }
}
