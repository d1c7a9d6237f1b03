extension ByteWriter {
  /// Writes a value through its `Codable` conformance: structs become maps with string keys.
  ///
  /// Parts that are ``RaySerializable`` write themselves. Problems, also those the value throws, are kept in ``failure``.
  public mutating func put(codable value: some Encodable) {
    let start = count
    let startDepth = depth
    let referenceCount = references.count
    var state = EncodingState.spare.take() ?? EncodingState()
    var thrown: (any Error)?
    withUnsafeMutablePointer(to: &self) { writer in
      state.open(writer)
      do { try state.encode(value) } catch { thrown = error }
      state.close()
    }
    let needsTree = state.needsTree
    // Whoever kept an encoder beyond its value keeps this state to himself: it is closed, and refuses.
    if isKnownUniquelyReferenced(&state) { EncodingState.spare.leave(state) }
    guard needsTree || thrown != nil else { return }

    // Leave what was written before; the half-written value makes room for the whole, or for nil.
    truncate(to: start)
    depth = startDepth
    references.removeSubrange(referenceCount...)
    if needsTree { return putTree(value) }
    putNil()
    fail(MessagePackError(encoding: value, failed: thrown))
  }
}

extension MessagePackError {
  /// What a value's `encode(to:)` threw.
  init(encoding value: Any, failed error: (any Error)?) {
    if let error = error as? MessagePackError {
      self = error
    } else if case EncodingError.invalidValue(_, let context)? = error as? EncodingError {
      self = .invalidValue(context.debugDescription)
    } else {
      self = .invalidValue("\(type(of: value)) cannot be written\(error.map { ": \($0)" } ?? "")")
    }
  }
}
