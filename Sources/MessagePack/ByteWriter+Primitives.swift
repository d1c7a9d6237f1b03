/// The objects of the MessagePack format, each in its shortest form.
extension ByteWriter {
  // MARK: Storing

  @inlinable
  @inline(__always)
  mutating func store(_ byte: UInt8) {
    if capacity == end { makeRoom(for: 1) }
    (base + end).storeBytes(of: byte, as: UInt8.self)
    end &+= 1
  }

  /// A format byte and a big-endian number.
  @inlinable
  @inline(__always)
  mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ format: UInt8, _ value: Value) {
    let size = MemoryLayout<Value>.size &+ 1
    if capacity &- end < size { makeRoom(for: size) }
    let place = base + end
    place.storeBytes(of: format, as: UInt8.self)
    (place + 1).storeBytes(of: value.bigEndian, as: Value.self)
    end &+= size
  }

  // MARK: Nil, booleans, floating point

  /// Writes nil.
  @inlinable public mutating func putNil() { store(Format.null) }

  /// Writes `true` or `false`.
  @inlinable public mutating func put(_ value: Bool) { store(value ? Format.yes : Format.no) }

  /// Writes four bytes of IEEE 754, whatever the value.
  @inlinable public mutating func put(_ value: Float) { store(Format.float32, value.bitPattern) }

  /// Writes eight bytes of IEEE 754, whatever the value.
  @inlinable public mutating func put(_ value: Double) { store(Format.float64, value.bitPattern) }

  // MARK: Integers

  /// Writes an integer in the fewest bytes that hold it.
  @inlinable
  public mutating func put(_ value: Int64) {
    if value >= 0 {
      put(UInt64(bitPattern: value))
    } else if value >= -32 {
      store(UInt8(truncatingIfNeeded: value))
    } else {
      putNegative(value)
    }
  }

  /// Writes an integer in the fewest bytes that hold it.
  @inlinable
  public mutating func put(_ value: UInt64) {
    if value < 0x80 {
      store(UInt8(truncatingIfNeeded: value))
    } else if value <= 0xff {
      store(Format.uint8, UInt8(truncatingIfNeeded: value))
    } else if value <= 0xffff {
      store(Format.uint16, UInt16(truncatingIfNeeded: value))
    } else if value <= 0xffff_ffff {
      store(Format.uint32, UInt32(truncatingIfNeeded: value))
    } else {
      store(Format.uint64, value)
    }
  }

  @inlinable
  mutating func putNegative(_ value: Int64) {
    if value >= -0x80 {
      store(Format.int8, UInt8(truncatingIfNeeded: value))
    } else if value >= -0x8000 {
      store(Format.int16, UInt16(truncatingIfNeeded: value))
    } else if value >= -0x8000_0000 {
      store(Format.int32, UInt32(truncatingIfNeeded: value))
    } else {
      store(Format.int64, UInt64(bitPattern: value))
    }
  }

  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: Int) { put(Int64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: Int8) { put(Int64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: Int16) { put(Int64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: Int32) { put(Int64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: UInt) { put(UInt64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: UInt8) { put(UInt64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: UInt16) { put(UInt64(value)) }
  /// Writes an integer in the fewest bytes that hold it.
  @inlinable public mutating func put(_ value: UInt32) { put(UInt64(value)) }

  // MARK: Containers

  /// Starts an array; `count` objects must follow.
  @inlinable
  public mutating func putArrayHeader(_ count: Int) {
    if count >= 0, count < 16 {
      store(Format.fixarray | UInt8(truncatingIfNeeded: count))
    } else {
      putLongHeader(count, Format.array16, Format.array32)
    }
  }

  /// Starts a map; `count` pairs of objects must follow.
  @inlinable
  public mutating func putMapHeader(_ count: Int) {
    if count >= 0, count < 16 {
      store(Format.fixmap | UInt8(truncatingIfNeeded: count))
    } else {
      putLongHeader(count, Format.map16, Format.map32)
    }
  }

  @usableFromInline
  mutating func putLongHeader(_ count: Int, _ short: UInt8, _ long: UInt8) {
    precondition(count >= 0, "a container cannot have \(count) elements")
    if count <= 0xffff {
      store(short, UInt16(count))
    } else if count <= 0xffff_ffff {
      store(long, UInt32(count))
    } else {
      fail(tooLong(count, "elements"))
      store(long, UInt32.max)
    }
  }

  /// Starts an extension object; `byteCount` bytes must follow.
  public mutating func putExtensionHeader(code: Int8, byteCount: Int) {
    precondition(byteCount >= 0, "an extension cannot have \(byteCount) bytes")
    switch byteCount {
    case 1: store(Format.fixext1)
    case 2: store(Format.fixext2)
    case 4: store(Format.fixext4)
    case 8: store(Format.fixext8)
    case 16: store(Format.fixext16)
    case ...0xff: store(Format.ext8, UInt8(byteCount))
    case ...0xffff: store(Format.ext16, UInt16(byteCount))
    case ...0xffff_ffff: store(Format.ext32, UInt32(byteCount))
    default:
      fail(tooLong(byteCount, "bytes of an extension"))
      store(Format.ext32, UInt32.max)
    }
    store(UInt8(bitPattern: code))
  }

  /// Writes an extension object.
  public mutating func putExtension(code: Int8, _ data: UnsafeRawBufferPointer) {
    putExtensionHeader(code: code, byteCount: data.count)
    append(data)
  }

  // MARK: Strings and bytes

  /// Writes a string as UTF-8.
  @inlinable
  public mutating func put(_ value: String) {
    let done: Void? = value.utf8.withContiguousStorageIfAvailable { putUTF8(UnsafeRawBufferPointer($0)) }
    if done == nil { putBridged(value) }
  }

  /// A string whose bytes are not in one place (bridged from another language's string).
  @usableFromInline
  mutating func putBridged(_ value: String) {
    var native = value
    native.withUTF8 { putUTF8(UnsafeRawBufferPointer($0)) }
  }

  /// Writes bytes that are known to be UTF-8 as a string.
  @inlinable
  mutating func putUTF8(_ bytes: UnsafeRawBufferPointer) {
    let count = bytes.count
    guard count < 32, capacity &- end > count else { return putLongUTF8(bytes) }
    let place = base + end
    place.storeBytes(of: Format.fixstr | UInt8(truncatingIfNeeded: count), as: UInt8.self)
    if let source = bytes.baseAddress { (place + 1).copyMemory(from: source, byteCount: count) }
    end &+= count &+ 1
  }

  @usableFromInline
  mutating func putLongUTF8(_ bytes: UnsafeRawBufferPointer) {
    switch bytes.count {
    case ..<32: store(Format.fixstr | UInt8(bytes.count))
    case ...0xff: store(Format.str8, UInt8(bytes.count))
    case ...0xffff: store(Format.str16, UInt16(bytes.count))
    case ...0xffff_ffff: store(Format.str32, UInt32(bytes.count))
    default: return putTypedArray(.utf8, bytes)
    }
    append(bytes)
  }

  /// Writes a string that is spelled out in the source, such as the name of a field.
  @inlinable
  public mutating func put(key: StaticString) {
    putUTF8(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
  }

  /// Writes bytes as a `bin` object.
  public mutating func put(binary bytes: UnsafeRawBufferPointer) {
    switch bytes.count {
    case ...0xff: store(Format.bin8, UInt8(bytes.count))
    case ...0xffff: store(Format.bin16, UInt16(bytes.count))
    case ...0xffff_ffff: store(Format.bin32, UInt32(bytes.count))
    default: return putTypedArray(.uint8, bytes)
    }
    append(bytes)
  }

  /// Writes bytes as a `bin` object.
  @inlinable
  public mutating func put(binary bytes: RawSpan) {
    bytes.withUnsafeBytes { put(binary: $0) }
  }
}

private func tooLong(_ count: Int, _ what: String) -> MessagePackError {
  MessagePackError(code: .tooLong, message: "\(count) \(what): more than 4294967295 cannot be written")
}
