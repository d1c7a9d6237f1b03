/// Space for an object that its creator fills and then seals or discards, exactly once.
package struct StoreReservation: Sendable {
  /// What the object will be known by once sealed.
  package let descriptor: StoreDescriptor
  // A number and not a pointer, because the right to write moves between threads together with this value.
  private let address: UInt

  init(descriptor: StoreDescriptor, start: UnsafeMutableRawPointer) {
    self.descriptor = descriptor
    address = UInt(bitPattern: start)
  }

  /// The bytes to fill; they start at a multiple of 64 and hold whatever was there before.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: address), count: Int(truncatingIfNeeded: descriptor.byteCount))
  }
}
