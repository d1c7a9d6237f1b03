internal import CRayShims

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension StoreClient {
  /// Copies `source` into a new sealed object.
  ///
  /// Large copies are shared with a helper thread, and fresh memory is made huge pages just before it is written.
  package func put(
    _ source: UnsafeRawBufferPointer, id objectID: StoreObjectID, timeout: Duration = .zero
  ) throws(StoreError) -> StoreDescriptor {
    let reservation = try reserve(byteCount: source.count, id: objectID, timeout: timeout)
    do throws(StoreError) {
      if source.count < configuration.sharedCopyByteCount {
        try warm(reservation)
        reservation.bytes.copyMemory(from: source)
      } else {
        try copyLarge(source, to: reservation)
      }
    } catch {
      discard(reservation)
      throw error
    }
    return seal(reservation)
  }

  /// Copies into a reservation at `offset`, with the helper thread when that pays.
  package func copyIn(_ source: UnsafeRawBufferPointer, to reservation: StoreReservation, at offset: Int = 0) {
    let bytes = reservation.bytes
    precondition(
      offset >= 0 && source.count <= bytes.count - offset, "\(source.count) bytes at \(offset) in \(reservation.descriptor)")
    let target = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + source.count])
    if source.count >= configuration.sharedCopyByteCount, let copyHelper {
      copyHelper.copy(from: source, to: target)
    } else {
      target.copyMemory(from: source)
    }
  }

  /// Copies into memory of this store that is there already, with the helper thread when that pays.
  package func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
    guard let start = source.baseAddress else { return }
    if source.count >= configuration.sharedCopyByteCount, let copyHelper {
      copyHelper.copy(from: source, to: UnsafeMutableRawBufferPointer(start: target, count: source.count))
    } else {
      target.copyMemory(from: start, byteCount: source.count)
    }
  }

  private func copyLarge(_ source: UnsafeRawBufferPointer, to reservation: StoreReservation) throws(StoreError) {
    let offset = Int(reservation.descriptor.offset)
    let isCold = StoreMapping.blocks(offset: offset, byteCount: source.count).contains { !mapping.isWarm($0) }
    guard isCold else { return copyIn(source, to: reservation) }
    if let copyHelper {
      try copyHelper.copyWarming(from: source, toOffset: offset)
    } else {
      try warm(reservation)
      reservation.bytes.copyMemory(from: source)
    }
  }

  /// Gives a reservation memory, so that writing to it can neither fail nor be slow.
  func warm(_ reservation: StoreReservation) throws(StoreError) {
    let blocks = StoreMapping.blocks(offset: Int(reservation.descriptor.offset), byteCount: Int(reservation.descriptor.byteCount))
    if blocks.count >= 4, let copyHelper {
      guard blocks.contains(where: { !mapping.isWarm($0) }) else { return }
      return try copyHelper.warm(blocks)
    }
    for block in blocks { try mapping.warm(block) }
  }
}
