public import Ray

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// `Data` is binary data, like `[UInt8]`: written with one copy, read in place by `withSpan`.
extension Data: RaySerializable, RayValue {
  public func encode(into writer: inout ByteWriter) { withUnsafeBytes { writer.put(binary: $0) } }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Data {
    // Programs that do not import this module write data through Codable, as an array of numbers.
    if reader.isAtArray { return Data(try reader.get([UInt8].self)) }
    return try reader.getBinary().withUnsafeBytes { Data($0) }
  }

  public var encodedByteCountHint: Int { count + 72 }
}

extension ObjectRef where Value == Data {
  /// Reads the bytes in place: without a copy where they are many.
  public func withSpan<Result>(_ body: (Span<UInt8>) throws -> Result) async throws -> Result {
    try await ObjectRef<[UInt8]>(__handle: handle).withSpan(body)
  }
}
