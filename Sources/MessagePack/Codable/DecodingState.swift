/// The bookkeeping of one `Codable` value while it is being read.
///
/// A keyed container expects its keys in the order in which they are asked for, which costs one comparison per key. The
/// first key that is not next makes it list where all of its keys are. Reading a value also tells where it ends, so that
/// bytes are stepped over twice only for the entries nobody asked for.
final class DecodingState {
  /// A map or an array that is being read.
  struct OpenContainer {
    var start: Int
    var count: Int
    /// How many entries in front of `cursor` were read or stepped over.
    var index = 0
    var cursor: Int
    /// Tells the containers apart that have been in the same place.
    var serial: UInt32
    var isMap: Bool
    /// Where the list of key positions begins in `keys`, nil while the keys come in order.
    var firstKey: Int?
    /// The entry of the list that is looked at first.
    var hint = 0
    /// The end of the container, once known.
    var end: Int?
  }

  static let spare = Spare<DecodingState>()

  /// What is read; empty when no value is, so that decoders which outlived their value are harmless.
  private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes of the state's own: the elements of a typed array, one by one.
  private var storage: ByteWriter?
  private var containers: UnsafeMutablePointer<OpenContainer>
  private var containerCount = 0
  private var containerCapacity = 16
  private var keys: ContiguousArray<Int> = []
  private var serial: UInt32 = 0
  private let types = CodecTypes()
  private var depth = 0
  private var reservable = 0
  private var context: UnsafeRawPointer?
  /// Where the value that was read last ends.
  private(set) var end = 0
  /// The value that a single value container read last, as a whole.
  private var single = (start: -1, end: -1)

  init() {
    containers = .allocate(capacity: containerCapacity)
  }

  deinit {
    containers.deallocate()
  }

  /// Reads one value at `position` of bytes that stay valid meanwhile; `reader` lends its limits and position.
  func decode<Value: Decodable>(_ type: Value.Type, from reader: inout ByteReader) throws -> Value {
    bytes = reader.source.withUnsafeBytes { $0 }
    depth = reader.depth
    reservable = reader.reservable
    context = reader.context
    single = (-1, -1)
    defer {
      reader.reservable = reservable
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      containerCount = 0
      keys.removeAll(keepingCapacity: keys.capacity < 1024)
    }
    let value = try decode(type, at: reader.position)
    reader.position = end
    return value
  }

  // MARK: Values

  /// Lets `body` read at `position` with the usual reader, and notes where that ended.
  @inline(__always)
  func read<Value>(
    at position: Int, _ body: (inout ByteReader) throws(MessagePackError) -> Value
  ) throws(MessagePackError) -> Value {
    var reader = ByteReader(bytes.bytes)
    guard position <= bytes.count else { throw Self.closed }
    reader._position = position
    reader.depth = depth
    reader.reservable = reservable
    reader.context = context
    let value = try body(&reader)
    reservable = reader.reservable
    end = reader._position
    return value
  }

  /// Reads any decodable value: by its own codec if it has one.
  func decode<Value: Decodable>(_ type: Value.Type, at position: Int) throws -> Value {
    if let codec = types.codec(of: type) { return try decode(type, by: codec, at: position) }
    depth += 1
    let containerCount = self.containerCount
    let keyCount = keys.count
    defer {
      depth -= 1
      self.containerCount = containerCount
      if keys.count > keyCount { keys.removeSubrange(keyCount...) }
    }
    guard depth <= ByteReader.depthLimit else { throw try read(at: position) { $0.tooDeep() } }
    let value = try Value(from: StreamDecoder(state: self, position: position))
    end = try endOfValue(at: position, firstContainer: containerCount)
    return value
  }

  private func decode<Value>(_ type: Value.Type, by codec: any RaySerializable.Type, at position: Int) throws -> Value {
    func decode<Codec: RaySerializable>(_ codec: Codec.Type) throws(MessagePackError) -> Value {
      let value = try read(at: position) { reader throws(MessagePackError) in try reader.get(codec) }
      // The codec was looked up by the value's own type: both are the same type under two names.
      return withUnsafePointer(to: value) { pointer in
        pointer.withMemoryRebound(to: type, capacity: 1) { $0.pointee }
      }
    }
    return try decode(codec)
  }

  private func endOfValue(at position: Int, firstContainer: Int) throws -> Int {
    if single.start == position { return single.end }
    if firstContainer < containerCount, containers[firstContainer].start == position {
      return try endOfContainer(firstContainer)
    }
    return try skip(at: position)
  }

  /// Remembers that the whole value at `position` was read by a single value container.
  func noteSingle(at position: Int) { single = (position, end) }

  func skip(at position: Int) throws -> Int {
    try read(at: position) { reader throws(MessagePackError) in try reader.skip() }
    return end
  }

  func isNil(at position: Int) -> Bool { position < bytes.count && bytes[position] == Format.null }

  static var closed: MessagePackError { .invalidValue("a decoder was used after its value was read") }

  // MARK: Containers

  /// Opens the map or the array at `position`.
  func open(isMap: Bool, at position: Int) throws -> (container: Int32, serial: UInt32, count: Int) {
    let count = try read(at: position) { reader throws(MessagePackError) in
      isMap ? try reader.getMapHeader() : try reader.getArrayHeader()
    }
    if containerCount == containerCapacity { growContainers() }
    serial &+= 1
    let container = OpenContainer(start: position, count: count, cursor: end, serial: serial, isMap: isMap)
    (containers + containerCount).initialize(to: container)
    containerCount += 1
    return (Int32(containerCount - 1), serial, count)
  }

  private func growContainers() {
    let larger = UnsafeMutablePointer<OpenContainer>.allocate(capacity: containerCapacity * 2)
    larger.moveInitialize(from: containers, count: containerCount)
    containers.deallocate()
    containers = larger
    containerCapacity *= 2
  }

  /// The container that `container` and `serial` stand for, if its value is still being read.
  @inline(__always)
  func container(_ container: Int32, _ serial: UInt32) throws -> UnsafeMutablePointer<OpenContainer> {
    guard container < containerCount, containers[Int(container)].serial == serial else { throw Self.closed }
    return containers + Int(container)
  }

  private func endOfContainer(_ index: Int) throws -> Int {
    let container = containers + index
    if let end = container.pointee.end { return end }
    var position = container.pointee.cursor
    let entries = container.pointee.count - container.pointee.index
    for _ in 0..<(container.pointee.isMap ? entries * 2 : entries) { position = try skip(at: position) }
    container.pointee.end = position
    return position
  }

  /// Notes that the entry at the cursor was read up to `end`.
  @inline(__always)
  func passEntry(_ container: UnsafeMutablePointer<OpenContainer>, end: Int) {
    container.pointee.index += 1
    container.pointee.cursor = end
  }

  /// Where the elements of a typed array can be read one by one, as a state of its own.
  func elementwise(at position: Int) throws -> DecodingState? {
    var writer = ByteWriter()
    let isBlock = try read(at: position) { reader throws(MessagePackError) in
      guard reader.isNextTypedArray || reader.isNextBinary else { return false }
      let array = try reader.takeBlock()
      guard array.kind.holdsNumbers else { return false }
      writer.putArrayHeader(array.byteCount / array.kind.width)
      for index in 0..<array.byteCount / array.kind.width { reader.putElement(index, of: array, into: &writer) }
      return true
    }
    guard isBlock else { return nil }
    noteSingle(at: position)
    let state = DecodingState()
    state.bytes = writer.withUnsafeBytes { $0 }
    state.storage = consume writer
    state.depth = depth
    state.reservable = state.bytes.count
    return state
  }

  // MARK: Keys

  /// Where the value of `key` is, nil if the container has none.
  @inline(__always)
  func position(of key: some CodingKey, in container: UnsafeMutablePointer<OpenContainer>) throws -> Int? {
    if container.pointee.firstKey == nil, container.pointee.index < container.pointee.count {
      if let position = try match(key, at: container.pointee.cursor) { return position }
    }
    return try searchPosition(of: key, in: container)
  }

  @inline(never)
  private func searchPosition(of key: some CodingKey, in container: UnsafeMutablePointer<OpenContainer>) throws -> Int? {
    let count = container.pointee.count
    guard count > 0 else { return nil }
    let first = try listKeys(of: container)
    for step in 0..<count {
      var entry = container.pointee.hint + step
      if entry >= count { entry -= count }
      if let position = try match(key, at: keys[first + entry]) {
        container.pointee.hint = entry + 1 < count ? entry + 1 : 0
        return position
      }
    }
    return nil
  }

  /// Where each key of a container is: `keys` from the returned index on.
  func listKeys(of container: UnsafeMutablePointer<OpenContainer>) throws -> Int {
    let count = container.pointee.count
    if let first = container.pointee.firstKey, first + count <= keys.count { return first }
    let first = keys.count
    var position = try read(at: container.pointee.start) { reader throws(MessagePackError) in
      _ = try reader.getMapHeader()
      return reader.position
    }
    for _ in 0..<count {
      keys.append(position)
      position = try skip(at: skip(at: position))
    }
    container.pointee.hint = container.pointee.index < count ? container.pointee.index : 0
    container.pointee.firstKey = first
    container.pointee.end = position
    return first
  }

  /// The position of a listed key.
  func keyPosition(_ index: Int) -> Int { keys[index] }

  /// Where the value behind the key at `position` is, if that key is `key`.
  @inline(__always)
  private func match(_ key: some CodingKey, at position: Int) throws -> Int? {
    var text = key.stringValue
    let isShort = position < bytes.count && bytes[position] & 0xe0 == Format.fixstr
    if isShort {
      let count = Int(bytes[position] & 0x1f)
      guard count == text.utf8.count, count < bytes.count - position else { return nil }
      let isEqual = text.withUTF8 { utf8 in
        UnsafeRawBufferPointer(rebasing: bytes[position + 1..<position + 1 + count]).isEqual(to: utf8)
      }
      return isEqual ? position + 1 + count : nil
    }
    return try matchUnusual(key, at: position)
  }

  /// Long keys, and integers as keys: by number, or by how the number reads.
  @inline(never)
  private func matchUnusual(_ key: some CodingKey, at position: Int) throws -> Int? {
    try read(at: position) { reader throws(MessagePackError) in
      if let number = try? reader.peekWideInteger("") {
        reader.position += reader.integerSize
        let isEqual = key.intValue.map { number.exactly(Int.self) == $0 } ?? (key.stringValue == number.description)
        return isEqual ? reader.position : nil
      }
      guard let text = try? reader.getString() else { return nil }
      return text == key.stringValue ? reader.position : nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether two runs of the same length are equal; short ones, so that a call of `memcmp` would not pay.
  @inline(__always)
  fileprivate func isEqual(to other: UnsafeBufferPointer<UInt8>) -> Bool {
    var offset = 0
    let other = UnsafeRawBufferPointer(other)
    while offset &+ 8 <= count {
      if loadUnaligned(fromByteOffset: offset, as: UInt64.self) != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) {
        return false
      }
      offset &+= 8
    }
    while offset < count {
      if self[offset] != other[offset] { return false }
      offset &+= 1
    }
    return true
  }
}
