internal import MessagePack
internal import RayEngine
internal import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Large arrays go from the program's memory into Ray's store with one copy.
///
/// The encoder writes into memory that is only reserved, not used: when it comes to copy the elements, they are handed to Ray
/// where they lie, together with the few bytes in front. Nothing may follow them, so this is for values that are one array.
extension ClusterEngine {
  static var largeByteCountMin: Int { 1 << 20 }
  private static var headByteCountMax: Int { 64 }

  /// Nil where the value turned out to be more than one large block; the caller encodes it the ordinary way.
  func putLarge(byteCountHint: Int, _ encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle? {
    let space = byteCountHint + (1 << 16)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let memory = mmap(nil, space, PROT_READ | PROT_WRITE, Int32(flags), -1, 0), memory != MAP_FAILED else { return nil }
    defer { munmap(memory, space) }
    var outcome: Result<PythonObject, any Error>?
    var end: UnsafeMutableRawPointer?
    let copier = BulkCopier { source, target in
      let head = UnsafeRawBufferPointer(start: memory, count: target - memory)
      guard end == nil, head.count <= Self.headByteCountMax, let start = source.baseAddress else { return }
      end = target + source.count
      outcome = Result { try self.putLarge(head, UnsafeRawBufferPointer(start: start, count: source.count)) }
    }
    return try withExtendedLifetime(copier) {
      var writer = ByteWriter(borrowing: UnsafeMutableRawBufferPointer(start: memory, count: space))
      writer.bulkCopier = copier
      try encode(&writer)
      let isWhole = end == memory + writer.count && !writer.ownsStorage && writer.failure == nil
      guard isWhole, writer.takeKeptObjects().isEmpty, let outcome else { return nil }
      let ref = try outcome.get()
      return try host.run { _ in try adoptObject(ref) }
    }
  }

  private func putLarge(_ head: UnsafeRawBufferPointer, _ elements: UnsafeRawBufferPointer) throws -> PythonObject {
    try host.run { host in
      // 0x100 = PyBUF_READ
      let view = Python.api.makeMemoryView(
        UnsafeMutableRawPointer(mutating: elements.baseAddress!).assumingMemoryBound(to: CChar.self), elements.count, 0x100)
      return try host.putLarge([try ToPython.bytes(head), try ToPython.checked(view)])
    }
  }
}

/// A value whose head and elements are two buffers, one behind the other in Ray's store.
final class LargeValue: Sendable {
  private let head: PythonBuffer
  private let elements: PythonBuffer
  /// Used where the two turned out not to be neighbours.
  private let copy: [UInt8]?
  private let start: Int

  /// The byte that fills the front of the head.
  private static var filler: UInt8 { 0xC1 }

  init(_ parts: [PythonPointer]) throws {
    guard parts.count == 2 else { throw RayError(.protocolViolation, "a large value of \(parts.count) parts") }
    let (head, elements) = (try PythonBuffer(parts[0]), try PythonBuffer(parts[1]))
    let start = head.bytes.firstIndex { $0 != Self.filler } ?? head.bytes.count
    let areNeighbours = head.bytes.baseAddress.map { $0 + head.bytes.count } == elements.bytes.baseAddress
    copy = areNeighbours ? nil : Array(head.bytes[start...]) + Array(elements.bytes)
    (self.head, self.elements, self.start) = (head, elements, start)
  }

  /// Valid as long as this object lives.
  var bytes: UnsafeRawBufferPointer {
    if let copy {
      // The array is never changed, so its memory stays.
      return copy.withUnsafeBytes { $0 }
    }
    let whole = UnsafeRawBufferPointer(start: head.bytes.baseAddress, count: head.bytes.count + elements.bytes.count)
    return UnsafeRawBufferPointer(rebasing: whole[start...])
  }
}
