internal import MessagePack
internal import RayProtocol

/// A tuple result is a msgpack array; split calls store each element as an object of its own.
enum TupleCutter {
  static func cut(_ bytes: UnsafeRawBufferPointer, into count: Int) throws -> [UnsafeRawBufferPointer] {
    var reader = ByteReader(RawSpan(_unsafeBytes: bytes))
    do {
      let found = try reader.getArrayHeader()
      guard found == count else {
        throw RayError(.invalidArgument, "the result has \(found) elements and cannot be split into \(count)")
      }
      var parts: [UnsafeRawBufferPointer] = []
      for _ in 0..<count {
        let start = reader.position
        try reader.skip()
        parts.append(UnsafeRawBufferPointer(rebasing: bytes[start..<reader.position]))
      }
      return parts
    } catch let error as MessagePackError {
      throw RayError(.invalidArgument, "the result is no tuple that could be split: \(error.message)")
    }
  }
}
