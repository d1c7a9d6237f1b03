/// The bookkeeping of one `Codable` value while it is being written.
///
/// Objects are written as they come. MessagePack wants the number of entries in front, so an open container keeps its
/// header up to date: one byte for up to 15 entries, then the contents slide to make room for a longer one. That needs
/// containers to be filled one inside the other; a type that switches between containers is written through
/// ``EncodingTree`` instead.
final class EncodingState {
  /// A container that is being filled.
  struct OpenContainer {
    /// Where its header is, counted like the writer's `count`.
    var offset: Int
    var count: Int
    /// Tells the containers apart that have been at the same level.
    var serial: UInt32
    var isMap: Bool
  }

  /// Thrown to leave a value that needs ``EncodingTree``; never seen by users.
  struct NeedsTree: Error {}

  static let spare = Spare<EncodingState>()

  /// Set while a value is being written; nil makes encoders that outlived their value harmless.
  private(set) var writer: UnsafeMutablePointer<ByteWriter>?
  private var containers: UnsafeMutablePointer<OpenContainer>
  private(set) var containerCount = 0
  private var containerCapacity = 16
  private var serial: UInt32 = 0
  private let types = CodecTypes()
  /// Whether the value turned out to need ``EncodingTree``, even if it swallowed the error.
  private(set) var needsTree = false

  init() {
    containers = .allocate(capacity: containerCapacity)
  }

  deinit {
    containers.deallocate()
  }

  /// Connects the state with a writer for one value.
  func open(_ writer: UnsafeMutablePointer<ByteWriter>) {
    self.writer = writer
    containerCount = 0
    needsTree = false
  }

  func close() {
    writer = nil
  }

  // MARK: Values

  /// Writes any encodable value: by its own codec if it has one.
  @inline(__always)
  func encode<Value: Encodable>(_ value: Value) throws {
    let writer = try openWriter()
    if let codec = types.codec(of: Value.self) {
      put(value, by: codec, into: writer)
    } else {
      try encodeByParts(value, into: writer)
    }
  }

  private func put<Value>(_ value: Value, by codec: any RaySerializable.Type, into writer: UnsafeMutablePointer<ByteWriter>) {
    func put<Codec: RaySerializable>(_ type: Codec.Type) {
      // The codec was looked up by the value's own type: both are the same type under two names.
      withUnsafePointer(to: value) { pointer in
        pointer.withMemoryRebound(to: type, capacity: 1) { writer.pointee.put(nested: $0.pointee) }
      }
    }
    put(codec)
  }

  private func encodeByParts<Value: Encodable>(_ value: Value, into writer: UnsafeMutablePointer<ByteWriter>) throws {
    writer.pointee.depth &+= 1
    defer { writer.pointee.depth &-= 1 }
    guard writer.pointee.depth <= ByteReader.depthLimit else { return writer.pointee.failTooDeep() }
    let level = containerCount
    let start = writer.pointee.count
    defer { containerCount = level }
    do {
      try value.encode(to: StreamEncoder(state: self, level: Int32(level), serial: nextSerial(), start: start))
    } catch {
      // Whoever encloses this value may catch the error and go on: leave a whole object in its place.
      writer.pointee.truncate(to: start)
      writer.pointee.putNil()
      throw error
    }
    // A value without parts may not ask for a container at all.
    if writer.pointee.count == start { writer.pointee.putMapHeader(0) }
  }

  func openWriter() throws -> UnsafeMutablePointer<ByteWriter> {
    guard let writer else { throw MessagePackError.invalidValue("an encoder was used after its value was written") }
    return writer
  }

  // MARK: Containers

  /// Opens a container for the encoder that was made at `level`, or returns to the one it has.
  func container(isMap: Bool, level: Int, serial: UInt32, start: Int) throws {
    let writer = try openWriter()
    if containerCount == level, writer.pointee.count == start {
      push(OpenContainer(offset: start, count: 0, serial: serial, isMap: isMap))
    } else {
      try select(level: level, serial: serial)
      guard containers[level].isMap == isMap else { throw tree() }
    }
  }

  /// Opens a container inside another one, whose key was just written.
  func nestedContainer(isMap: Bool) throws -> (level: Int32, serial: UInt32) {
    let serial = nextSerial()
    let level = containerCount
    push(OpenContainer(offset: try openWriter().pointee.count, count: 0, serial: serial, isMap: isMap))
    return (Int32(level), serial)
  }

  private func push(_ container: OpenContainer) {
    if containerCount == containerCapacity { growContainers() }
    (containers + containerCount).initialize(to: container)
    containerCount += 1
    writer?.pointee.store(container.isMap ? Format.fixmap : Format.fixarray)
  }

  private func growContainers() {
    let larger = UnsafeMutablePointer<OpenContainer>.allocate(capacity: containerCapacity * 2)
    larger.moveInitialize(from: containers, count: containerCount)
    containers.deallocate()
    containers = larger
    containerCapacity *= 2
  }

  /// Makes a container the innermost one again; it must not have been left for an outer one.
  @inline(__always)
  func select(level: Int, serial: UInt32) throws {
    guard level < containerCount, containers[level].serial == serial else { throw tree() }
    containerCount = level + 1
  }

  func count(level: Int, serial: UInt32) -> Int {
    level < containerCount && containers[level].serial == serial ? containers[level].count : 0
  }

  /// Announces one more entry in a container's header.
  @inline(__always)
  func addEntry(level: Int, serial: UInt32) throws -> UnsafeMutablePointer<ByteWriter> {
    let writer = try openWriter()
    try select(level: level, serial: serial)
    containers[level].count += 1
    let container = containers[level]
    if container.count < 16 {
      let fix = container.isMap ? Format.fixmap : Format.fixarray
      writer.pointee.overwrite(fix | UInt8(container.count), at: container.offset)
    } else {
      writer.pointee.rewriteLongHeader(container)
    }
    return writer
  }

  /// Gives up on writing the value as it comes.
  func tree() -> any Error {
    needsTree = true
    return NeedsTree()
  }

  private func nextSerial() -> UInt32 {
    // Zero belongs to no container.
    serial = serial == .max ? 1 : serial + 1
    return serial
  }
}

extension ByteWriter {
  fileprivate mutating func overwrite(_ byte: UInt8, at offset: Int) {
    (base + head + offset).storeBytes(of: byte, as: UInt8.self)
  }

  /// Writes the count of a container with more than 15 entries, after making room the first time it is needed.
  fileprivate mutating func rewriteLongHeader(_ container: EncodingState.OpenContainer) {
    let place = container.offset + 1
    switch container.count {
    case 16: insertGap(of: 2, at: place)
    case 0x1_0000: insertGap(of: 2, at: place)
    default: break
    }
    if container.count <= 0xffff {
      overwrite(container.isMap ? Format.map16 : Format.array16, at: container.offset)
      (base + head + place).storeBytes(of: UInt16(container.count).bigEndian, as: UInt16.self)
    } else {
      overwrite(container.isMap ? Format.map32 : Format.array32, at: container.offset)
      (base + head + place).storeBytes(of: UInt32(clamping: container.count).bigEndian, as: UInt32.self)
      if container.count > Int(UInt32.max) { fail(.tooManyElements(container.count)) }
    }
  }

  private mutating func insertGap(of byteCount: Int, at offset: Int) {
    reserveCapacity(byteCount)
    let place = base + head + offset
    (place + byteCount).copyMemory(from: place, byteCount: count - offset)
    end += byteCount
  }
}

extension MessagePackError {
  static func tooManyElements(_ count: Int) -> MessagePackError {
    MessagePackError(code: .tooLong, message: "\(count) elements: more than \(UInt32.max) cannot be written")
  }
}
