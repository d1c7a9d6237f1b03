extension ByteReader {
  /// Reads a value through its `Codable` conformance: structs from maps with string keys.
  ///
  /// Unknown keys are ignored, missing ones are nil for optional properties and an error for others. Parts that are
  /// ``RaySerializable`` read themselves. Every error comes out as a ``MessagePackError`` that says where it happened.
  @_lifetime(self: copy self)
  public mutating func get<Value: Decodable>(codable type: Value.Type) throws(MessagePackError) -> Value {
    var state = DecodingState.spare.take() ?? DecodingState()
    let result: Result<Value, MessagePackError>
    do {
      result = .success(try state.decode(type, from: &self))
    } catch {
      result = .failure(MessagePackError(decoding: error))
    }
    // Whoever kept a decoder beyond its value keeps this state to himself: it is closed, and refuses.
    if isKnownUniquelyReferenced(&state) { DecodingState.spare.leave(state) }
    return try result.get()
  }
}

extension MessagePackError {
  /// What a value's `init(from:)` threw.
  init(decoding error: any Error) {
    switch error {
    case let error as MessagePackError: self = error
    case DecodingError.typeMismatch(let type, let context):
      self.init(code: .typeMismatch, message: "expected \(type): \(context.debugDescription)")
    case DecodingError.keyNotFound(let key, _):
      self = .invalidValue("expected a value for the key \"\(key.stringValue)\", found none")
    case DecodingError.valueNotFound(let type, let context):
      self.init(code: .typeMismatch, message: "expected \(type), found nil: \(context.debugDescription)")
    case DecodingError.dataCorrupted(let context):
      self = .invalidValue(context.debugDescription)
    default: self = .invalidValue("\(error)")
    }
  }
}
