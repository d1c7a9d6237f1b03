/// An array that travels as its memory: any number of plain structs for the price of one copy.
///
/// Both ends must be built for the same layout, and every bit pattern must be a valid `Element`, which holds for numbers
/// and structs of them but not for `Bool` or enums: what arrives is not checked. Arrays of numbers alone need no
/// `RawArray`; a plain `[Double]` is as fast.
public struct RawArray<Element: BitwiseCopyable & Sendable>: RayValue {
  /// The elements.
  public var elements: [Element]

  @inlinable
  public init(_ elements: [Element]) { self.elements = elements }

  /// One block: numbers with their kind, structs as opaque memory, plain binary data where typed arrays are off.
  public func encode(into writer: inout ByteWriter) {
    elements.withUnsafeBytes { bytes in Self.encode(bytes, into: &writer) }
  }

  /// Writes elements that are in no array.
  package static func encode(_ bytes: UnsafeRawBufferPointer, into writer: inout ByteWriter) {
    guard writer.allowsTypedArrays else { return writer.put(binary: bytes) }
    writer.putTypedArray(Self.kind, bytes)
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> RawArray {
    let start = reader.position
    guard reader.isNextTypedArray || reader.isNextBinary else { throw reader.mismatch("\(Self.self)") }
    let array = try reader.takeBlock()
    let stride = MemoryLayout<Element>.stride
    // Binary data is what `allowsTypedArrays == false` writes, whatever the element.
    guard array.kind == kind || array.kind == .uint8 else {
      reader.position = start
      throw reader.mismatch("\(Self.self)")
    }
    guard array.byteCount % stride == 0 else {
      throw .invalidValue("expected \(Self.self), found \(array.byteCount) bytes: no multiple of \(stride)")
    }
    return RawArray(copy(array, count: array.byteCount / stride, from: reader))
  }

  public var encodedByteCountHint: Int { elements.count * MemoryLayout<Element>.stride + 72 }

  static var kind: TypedArrayKind {
    for kind in TypedArrayKind.allCases where kind != .bool && kind.isMemory(of: Element.self) { return kind }
    return .opaque
  }

  private static func copy(_ array: TypedArrayExtent, count: Int, from reader: borrowing ByteReader) -> [Element] {
    reader.source.withUnsafeBytes { bytes in
      [Element](unsafeUninitializedCapacity: count) { elements, initialized in
        let place = UnsafeMutableRawBufferPointer(elements)
        place.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[array.offset..<array.offset + array.byteCount]))
        initialized = count
      }
    }
  }
}

extension RawArray: Equatable where Element: Equatable {}
extension RawArray: Hashable where Element: Hashable {}

extension RawArray: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Element...) { self.init(elements) }
}
