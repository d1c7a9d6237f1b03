package import RayProtocol

/// Where references that are being decoded come from, so that the engine can keep their source alive until the owner of
/// each knows about this process. Travels as `ByteReader.context`.
package final class DecodeSource: @unchecked Sendable {
  // Sendable: written before user code decodes and read while it does, on the same thread.

  /// The engine's record of the running call whose arguments are decoded.
  package var call: AnyObject?
  /// The object whose value is decoded.
  package var object: ObjectID?

  package init(object: ObjectID? = nil) { self.object = object }

  package static func pointer(to source: DecodeSource) -> UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passUnretained(source).toOpaque())
  }

  package static func from(_ pointer: UnsafeRawPointer) -> DecodeSource {
    Unmanaged<DecodeSource>.fromOpaque(pointer).takeUnretainedValue()
  }
}
