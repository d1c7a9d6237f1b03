package import MessagePack
internal import RayEngine

/// An actor handle inside a value, as both lanes write it:
/// `version u8 | flags u8 | retries i32 | pending calls i32 | class name: u16, UTF-8 | Ray's handle: u32, bytes`, little endian.
package struct ActorHandleBytes {
  package static let strong: UInt8 = 1
  package static let swift: UInt8 = 2
  package static let native: UInt8 = 8
  private static let version: UInt8 = 1

  package var className: String
  package var flags: UInt8
  package var maxTaskRetries: Int32
  package var maxPendingCalls: Int32
  /// Valid as long as the bytes it was parsed from.
  package var handle: UnsafeRawBufferPointer

  package init(
    className: String, flags: UInt8, maxTaskRetries: Int32, maxPendingCalls: Int32, handle: UnsafeRawBufferPointer
  ) {
    self.className = className
    self.flags = flags
    self.maxTaskRetries = maxTaskRetries
    self.maxPendingCalls = maxPendingCalls
    self.handle = handle
  }

  package init(parsing bytes: UnsafeRawBufferPointer) throws(MessagePackError) {
    guard bytes.count >= 12, bytes[0] == Self.version else { throw Self.malformed(bytes) }
    flags = bytes[1]
    maxTaskRetries = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self))
    maxPendingCalls = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: Int32.self))
    let nameCount = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self)))
    guard bytes.count - 16 >= nameCount else { throw Self.malformed(bytes) }
    className = String(decoding: bytes[12..<(12 + nameCount)], as: UTF8.self)
    let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12 + nameCount, as: UInt32.self)))
    guard bytes.count - 16 - nameCount == count else { throw Self.malformed(bytes) }
    handle = UnsafeRawBufferPointer(rebasing: bytes[(16 + nameCount)...])
  }

  private static func malformed(_ bytes: UnsafeRawBufferPointer) -> MessagePackError {
    MessagePackError(code: .invalidValue, message: "\(bytes.count) bytes that are no actor handle of this library's version")
  }

  package func write(into writer: inout ByteWriter) {
    var content = ByteWriter()
    content.append(littleEndian: Self.version)
    content.append(littleEndian: flags)
    content.append(littleEndian: maxTaskRetries)
    content.append(littleEndian: maxPendingCalls)
    var name = className
    name.withUTF8 { bytes in
      let count = min(bytes.count, Int(UInt16.max))
      content.append(littleEndian: UInt16(count))
      content.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
    }
    content.append(littleEndian: UInt32(clamping: handle.count))
    content.append(handle)
    content.withUnsafeBytes { writer.putExtension(code: EngineExtension.actor, $0) }
  }
}
