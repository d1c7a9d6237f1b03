public import MessagePack
internal import RayEngine
internal import RayProtocol

/// References travel inside values as MessagePack extension 'R': `owner u64 | index u64 | node u64`, little endian.
extension ObjectRef: RaySerializable, RayValue {
  private static var extensionCode: Int8 { 0x52 }

  public borrowing func encode(into writer: inout ByteWriter) {
    writer.keep(handle)
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { bytes in
      bytes.storeBytes(of: handle.id.owner.rawValue.littleEndian, as: UInt64.self)
      bytes.storeBytes(of: handle.id.index.littleEndian, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
      writer.putExtension(code: Self.extensionCode, UnsafeRawBufferPointer(bytes))
    }
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Self {
    let context = reader.context
    let bytes = try reader.getExtension(code: extensionCode)
    guard bytes.byteCount == 24, let engine = CurrentEngine.engine else {
      throw MessagePackError(code: .invalidValue, message: "a reference of \(bytes.byteCount) bytes, or no runtime to give it to")
    }
    let id = bytes.withUnsafeBytes { bytes in
      ObjectID(
        owner: WorkerID(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))),
        index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
    return Self(__handle: engine.adopt(id, source: context))
  }
}

/// So that `Codable` types may contain references. Only this library's codec can carry them: a reference that left the
/// program in a file would keep nothing alive.
extension ObjectRef: Codable {
  public func encode(to encoder: any Encoder) throws {
    throw EncodingError.invalidValue(
      self, .init(codingPath: encoder.codingPath, debugDescription: "references only travel inside remote calls and objects"))
  }

  public init(from decoder: any Decoder) throws {
    throw DecodingError.dataCorrupted(
      .init(codingPath: decoder.codingPath, debugDescription: "references only travel inside remote calls and objects"))
  }
}
