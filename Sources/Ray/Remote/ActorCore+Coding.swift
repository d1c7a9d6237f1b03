internal import MessagePack
internal import RayEngine
internal import RayProtocol

/// Actor handles travel inside values as MessagePack extension 'A':
/// `creator u64 | index u64 | retries i32 | pending calls i32 | counted u8 | class name`, little endian.
extension ActorCore {
  private static var extensionCode: Int8 { 0x41 }
  private static var headByteCount: Int { 25 }

  func encode(into writer: inout ByteWriter) {
    if let lifetime { writer.keep(lifetime) }
    var name = className
    let words = [id.creator.rawValue, id.index].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    let limits = [maxTaskRetries, maxPendingCalls].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    let bytes = words + limits + [lifetime != nil ? 1 : 0] + name.withUTF8 { Array($0) }
    bytes.withUnsafeBytes { writer.putExtension(code: Self.extensionCode, $0) }
  }

  static func decode(from reader: inout ByteReader) throws(MessagePackError) -> ActorCore {
    let context = reader.context
    let bytes = try reader.getExtension(code: extensionCode)
    guard bytes.byteCount >= headByteCount, let engine = CurrentEngine.engine else {
      throw MessagePackError(
        code: .invalidValue, message: "an actor handle of \(bytes.byteCount) bytes, or no runtime to give it to")
    }
    return bytes.withUnsafeBytes { bytes in
      let id = ActorID(
        creator: WorkerID(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))),
        index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      return engine.adoptActor(
        id, className: String(decoding: bytes[headByteCount...], as: UTF8.self),
        maxTaskRetries: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)),
        maxPendingCalls: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: Int32.self)),
        keepsAlive: bytes[24] != 0, source: context)
    }
  }
}
