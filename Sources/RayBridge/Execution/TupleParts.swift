internal import MessagePack
internal import RayProtocol

/// A tuple result is a MessagePack array; split calls store each element as an object of its own.
package enum TupleParts {
  package static func cut(_ bytes: UnsafeRawBufferPointer) throws -> [UnsafeRawBufferPointer] {
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    do {
      let count = try reader.getArrayHeader()
      var parts: [UnsafeRawBufferPointer] = []
      for _ in 0..<count {
        let start = reader.position
        try reader.skip()
        parts.append(UnsafeRawBufferPointer(rebasing: bytes[start..<reader.position]))
      }
      return parts
    } catch {
      throw RayError(.invalidArgument, "the result is no tuple and cannot be split: \(error.message)")
    }
  }
}
