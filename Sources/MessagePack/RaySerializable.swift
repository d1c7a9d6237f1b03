/// A type that writes itself as one MessagePack object and reads itself back.
///
/// ```swift
/// struct Point: RayValue {
///   var x, y: Double
///
///   func encode(into writer: inout ByteWriter) {
///     writer.putArrayHeader(2)
///     writer.put(x)
///     writer.put(y)
///   }
///
///   static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Point {
///     guard try reader.getArrayHeader() == 2 else { throw .invalidValue("expected Point, found another number of elements") }
///     return Point(x: try reader.get(Double.self), y: try reader.get(Double.self))
///   }
/// }
/// ```
public protocol RaySerializable: Sendable {
  /// Writes exactly one object; parts that are values themselves go through `put(nested:)`.
  borrowing func encode(into writer: inout ByteWriter)

  /// Reads exactly one object; parts that are values themselves go through `get(_:)`.
  static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self

  /// About how many bytes the value needs, 0 for "few"; decides where room is made for it.
  var encodedByteCountHint: Int { get }

  /// How arrays of this type are held in memory, for the standard library's numbers; nil for everything else.
  static var elementKind: TypedArrayKind? { get }

  /// Types of values inside this one that are not its stored properties: what the cases of an enum carry.
  ///
  /// Engines look there for references, before any value exists.
  static var partTypes: [Any.Type] { get }
}

extension RaySerializable {
  @inlinable public var encodedByteCountHint: Int { 0 }
  @inlinable public static var elementKind: TypedArrayKind? { nil }
  public static var partTypes: [Any.Type] { [] }
}

/// A value that can be an argument or a result of remote calls by itself, with all it consists of.
public protocol RayValue: RaySerializable {}
