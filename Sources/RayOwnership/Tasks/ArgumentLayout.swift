internal import RayProtocol

/// The arguments of a call as bytes: `count u16`, then per argument `tag u8 | byte count u32 | bytes`.
package enum ArgumentLayout {
  /// A msgpack value.
  package static let inlineTag: UInt8 = 0
  /// A reference that the caller replaces by its value before it sends the call: owner u64, index u64, node u64.
  package static let referenceTag: UInt8 = 1
  /// A value in shared memory: its descriptor.
  package static let storedTag: UInt8 = 2
}

extension CoreMachine {
  /// Bytes of a call's arguments with every direct reference replaced by its value or descriptor. All are ready.
  func resolvedArguments(_ bytes: UnsafeRawBufferPointer, _ references: ArgumentReferences)
    -> [UInt8]?
  {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + references.direct.count * 32)
    var cursor = ByteCursor(bytes)
    do throws(ByteCursor.Truncated) {
      let count = try cursor.integer(UInt16.self)
      withUnsafeBytes(of: count.littleEndian) { result.append(contentsOf: $0) }
      for _ in 0..<count {
        let tag = try cursor.integer(UInt8.self)
        let body = try cursor.bytes(Int(try cursor.integer(UInt32.self)))
        guard tag == ArgumentLayout.referenceTag else {
          append(tag, body, to: &result)
          continue
        }
        var reader = ByteCursor(body)
        let owner = WorkerID(try reader.integer(UInt64.self))
        switch snapshot(ObjectID(owner: owner, index: try reader.integer(UInt64.self))) {
        case .inline(let value): append(ArgumentLayout.inlineTag, value, to: &result)
        case .stored(let descriptor):
          withUnsafeBytes(of: descriptor) { append(ArgumentLayout.storedTag, $0, to: &result) }
        case .pending, .failed: return nil
        }
      }
    } catch {
      return nil
    }
    return result
  }

  private func append(_ tag: UInt8, _ body: UnsafeRawBufferPointer, to result: inout [UInt8]) {
    result.append(tag)
    withUnsafeBytes(of: UInt32(body.count).littleEndian) { result.append(contentsOf: $0) }
    result.append(contentsOf: body)
  }
}
