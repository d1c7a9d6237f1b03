/// An array of the two bounds, the same as through `Codable`.
extension Range: RaySerializable where Bound: RaySerializable {
  public func encode(into writer: inout ByteWriter) {
    writer.putArrayHeader(2)
    writer.put(nested: lowerBound)
    writer.put(nested: upperBound)
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Range {
    let (lower, upper) = try reader.getBounds(Bound.self, of: "\(Self.self)")
    guard lower <= upper else { throw .invalidValue("expected \(Self.self), found bounds in the wrong order") }
    return lower..<upper
  }
}

extension Range: RayValue where Bound: RayValue {}

/// An array of the two bounds, the same as through `Codable`.
extension ClosedRange: RaySerializable where Bound: RaySerializable {
  public func encode(into writer: inout ByteWriter) {
    writer.putArrayHeader(2)
    writer.put(nested: lowerBound)
    writer.put(nested: upperBound)
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> ClosedRange {
    let (lower, upper) = try reader.getBounds(Bound.self, of: "\(Self.self)")
    guard lower <= upper else { throw .invalidValue("expected \(Self.self), found bounds in the wrong order") }
    return lower...upper
  }
}

extension ClosedRange: RayValue where Bound: RayValue {}

extension ByteReader {
  @_lifetime(self: copy self)
  fileprivate mutating func getBounds<Bound: RaySerializable>(
    _ type: Bound.Type, of target: @autoclosure () -> String
  ) throws(MessagePackError) -> (Bound, Bound) {
    guard try getArrayHeader() == 2 else { throw .invalidValue("expected \(target()), found no pair of bounds") }
    let lower = try get(type)
    return (lower, try get(type))
  }
}
