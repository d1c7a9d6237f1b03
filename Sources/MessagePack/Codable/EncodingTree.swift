/// A value in pieces, for types that fill several containers in turn or pass encoders on (`superEncoder`).
///
/// Slower than writing as it comes, and needed by few types.
final class EncodingTree {
  enum Content {
    case nothing
    /// A finished object.
    case object([UInt8])
    case array([EncodingTree])
    case map([(key: String, value: EncodingTree)])
  }

  var content = Content.nothing
  let output: Output

  /// What the pieces of one value share.
  final class Output {
    let allowsTypedArrays: Bool
    var references: [(UInt64, UInt64)] = []
    var keptObjects: [any AnyObject & Sendable] = []
    var failure: MessagePackError?
    var depth: Int32

    init(allowsTypedArrays: Bool, depth: Int32) {
      self.allowsTypedArrays = allowsTypedArrays
      self.depth = depth
    }
  }

  init(_ output: Output) { self.output = output }

  /// A new piece in this array.
  func appendElement() -> EncodingTree {
    let element = EncodingTree(output)
    if case .array(var elements) = content {
      content = .nothing
      elements.append(element)
      content = .array(elements)
    } else {
      content = .array([element])
    }
    return element
  }

  /// A new piece in this map; the last one of a key counts.
  func setEntry(_ key: String) -> EncodingTree {
    let value = EncodingTree(output)
    guard case .map(var entries) = content else {
      content = .map([(key, value)])
      return value
    }
    content = .nothing
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value = value
    } else {
      entries.append((key, value))
    }
    content = .map(entries)
    return value
  }

  /// Fills this piece with a value that writes itself.
  func set(_ write: (inout ByteWriter) -> Void) {
    var writer = ByteWriter()
    writer.allowsTypedArrays = output.allowsTypedArrays
    writer.depth = output.depth
    write(&writer)
    if output.failure == nil { output.failure = writer.failure }
    output.references += writer.references
    output.keptObjects += writer.keptObjects
    content = .object(writer.bytes)
  }

  /// Fills this piece with any value.
  func set<Value: Encodable>(encoding value: Value) throws {
    if let value = value as? any RaySerializable { return set { $0.put(nested: value) } }
    output.depth += 1
    defer { output.depth -= 1 }
    guard output.depth <= ByteReader.depthLimit else { return set { $0.failTooDeep() } }
    try value.encode(to: TreeEncoder(tree: self))
  }

  func write(into writer: inout ByteWriter) {
    switch content {
    case .nothing: writer.putMapHeader(0)
    case .object(let bytes): bytes.withUnsafeBytes { writer.append($0) }
    case .array(let elements):
      writer.putArrayHeader(elements.count)
      for element in elements { element.write(into: &writer) }
    case .map(let entries):
      writer.putMapHeader(entries.count)
      for entry in entries {
        writer.put(entry.key)
        entry.value.write(into: &writer)
      }
    }
  }
}

extension ByteWriter {
  /// Writes a value in pieces; the caller found that it cannot be written as it comes.
  mutating func putTree(_ value: some Encodable) {
    let output = EncodingTree.Output(allowsTypedArrays: allowsTypedArrays, depth: depth)
    let tree = EncodingTree(output)
    do {
      try tree.set(encoding: value)
    } catch {
      putNil()
      return fail(MessagePackError(encoding: value, failed: error))
    }
    references += output.references
    keptObjects += output.keptObjects
    if let failure = output.failure { fail(failure) }
    tree.write(into: &self)
  }
}
