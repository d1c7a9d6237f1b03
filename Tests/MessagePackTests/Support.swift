internal import MessagePack
internal import Testing

func encoded(_ value: some RaySerializable, typedArrays: Bool = true) throws(MessagePackError) -> [UInt8] {
  var writer = ByteWriter()
  writer.allowsTypedArrays = typedArrays
  try writer.put(value: value)
  return writer.bytes
}

/// Reads one value, which must be all there is.
func decoded<Value: RaySerializable>(_ type: Value.Type, _ bytes: [UInt8]) throws(MessagePackError) -> Value {
  let span = bytes.span.bytes
  var reader = ByteReader(span)
  let value = try reader.get(type)
  guard reader.isAtEnd else { throw .invalidValue("\(reader.remaining) bytes are left") }
  return value
}

func encodedByParts(_ value: some Encodable, typedArrays: Bool = true) throws(MessagePackError) -> [UInt8] {
  var writer = ByteWriter()
  writer.allowsTypedArrays = typedArrays
  writer.put(codable: value)
  if let failure = writer.failure { throw failure }
  return writer.bytes
}

/// Reads one value through `Codable`, which must be all there is.
func decodedByParts<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(MessagePackError) -> Value {
  let span = bytes.span.bytes
  var reader = ByteReader(span)
  let value = try reader.get(codable: type)
  guard reader.isAtEnd else { throw .invalidValue("\(reader.remaining) bytes are left") }
  return value
}

/// The failure of `body`.
func failure(_ body: () throws(MessagePackError) -> Void) -> MessagePackError? {
  do throws(MessagePackError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// The failure of reading `bytes` as `type`.
func failure<Value: RaySerializable>(_ type: Value.Type, _ bytes: [UInt8]) -> MessagePackError? {
  do throws(MessagePackError) {
    _ = try decoded(type, bytes)
    return nil
  } catch {
    return error
  }
}

/// The failure of reading `bytes` as `type` through `Codable`.
func failureByParts<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> MessagePackError? {
  do throws(MessagePackError) {
    _ = try decodedByParts(type, bytes)
    return nil
  } catch {
    return error
  }
}

/// Random numbers that a seed repeats: a failing test prints its seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
