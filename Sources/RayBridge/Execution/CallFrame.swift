internal import MessagePack
internal import RayEngine
package import RayProtocol

/// One remote call as it travels on Ray: what to run, and its arguments.
///
/// ```
/// | magic, 8 bytes | kind u8 | name: u16 + UTF-8 | error types worth a retry: u16 + UTF-8, one a line |, then what ArgumentWriter writes
/// ```
/// Arguments that are references have tag 2 and 24 bytes, of which the first two number the value among the call's other
/// Ray arguments.
package struct CallFrame: @unchecked Sendable {
  // Sendable: the bytes are not changed while the call runs.
  package enum Kind: UInt8, Sendable {
    case function, constructor, method
  }

  package var kind: Kind
  package var name: String
  /// Type names of the errors that are worth another attempt; empty when the caller named none.
  package var retryOn: [String]
  /// Count and arguments as ``TaskArguments`` reads them.
  package var arguments: UnsafeRawBufferPointer

  /// Starts with a byte that MessagePack never uses and ends with the version.
  package static let magic: [UInt8] = [0xC1] + Array("SWIFTR".utf8) + [1]

  /// Everything in front of the arguments.
  package static func head(_ kind: Kind, _ name: String, retryOn: [String] = []) -> [UInt8] {
    var bytes = magic
    bytes.append(kind.rawValue)
    append(name, to: &bytes)
    append(retryOn.joined(separator: "\n"), to: &bytes)
    return bytes
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
    bytes.append(UInt8(truncatingIfNeeded: utf8.count))
    bytes.append(UInt8(truncatingIfNeeded: utf8.count >> 8))
    bytes += utf8
  }

  /// Reads a frame that another process wrote.
  package init(parsing bytes: UnsafeRawBufferPointer) throws(RayError) {
    guard bytes.count > Self.magic.count, bytes.prefix(Self.magic.count).elementsEqual(Self.magic) else {
      throw RayError(.protocolViolation, "a call of \(bytes.count) bytes came that is none, or of another version of the library")
    }
    var offset = Self.magic.count
    guard let kind = Kind(rawValue: bytes[offset]) else {
      throw RayError(.protocolViolation, "a call of the unknown kind \(bytes[offset]) came")
    }
    offset += 1
    self.kind = kind
    name = try Self.text(bytes, &offset)
    let types = try Self.text(bytes, &offset)
    retryOn = types.isEmpty ? [] : types.split(separator: "\n").map(String.init)
    arguments = UnsafeRawBufferPointer(rebasing: bytes[offset...])
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) throws(RayError) -> String {
    guard bytes.count - offset >= 2 else { throw RayError(.protocolViolation, "a call came that ends in its head") }
    let count = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    guard bytes.count - offset - 2 >= count else { throw RayError(.protocolViolation, "a call came that ends in its head") }
    defer { offset += 2 + count }
    return String(decoding: bytes[(offset + 2)..<(offset + 2 + count)], as: UTF8.self)
  }
}

extension ArgumentWriter {
  /// Ends the arguments and turns references into numbers of Ray arguments, which follow the frame in this order.
  mutating func finishForRay() -> [ObjectHandle] {
    finish()
    let handles = direct
    guard !handles.isEmpty else { return [] }
    bytes.withUnsafeMutableBytes { bytes in
      var offset = 2
      var index: UInt16 = 0
      while offset < bytes.count {
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)))
        if bytes[offset] == ArgumentWriter.referenceTag {
          bytes[offset] = ArgumentWriter.storedTag
          for place in (offset + 5)..<(offset + 5 + count) { bytes[place] = 0 }
          bytes.storeBytes(of: index.littleEndian, toByteOffset: offset + 5, as: UInt16.self)
          index += 1
        }
        offset += 5 + count
      }
    }
    return handles
  }
}
