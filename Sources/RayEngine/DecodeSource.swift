package import RayProtocol

/// Where references that are being decoded come from, so that the engine can keep their source alive until the owner of
/// each knows about this process. `ByteReader.context` points to one.
package struct DecodeSource {
  /// The engine's record of the running call whose arguments are decoded; it outlives the decoding.
  package unowned(unsafe) var call: AnyObject?
  /// The object whose value is decoded.
  package var object: ObjectID?

  package init(call: AnyObject? = nil, object: ObjectID? = nil) {
    self.call = call
    self.object = object
  }

  package static func from(_ pointer: UnsafeRawPointer) -> DecodeSource {
    pointer.assumingMemoryBound(to: DecodeSource.self).pointee
  }
}
