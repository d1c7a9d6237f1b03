/// An array of the members in no particular order; equal elements become one.
extension Set: RaySerializable where Element: RaySerializable {
  @inlinable
  public func encode(into writer: inout ByteWriter) {
    writer.putArrayHeader(count)
    for element in self { writer.put(nested: element) }
  }

  @inlinable
  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Set<Element> {
    guard reader.isAtArray else { return Set(try [Element].decode(from: &reader)) }
    let count = try reader.getArrayHeader()
    var elements = Set(minimumCapacity: reader.affordableCount(count, stride: MemoryLayout<Element>.stride))
    for _ in 0..<count { elements.insert(try reader.get(Element.self)) }
    return elements
  }

  @inlinable public var encodedByteCountHint: Int { count &* 2 &+ 5 }
}

extension Set: RayValue where Element: RayValue {}
