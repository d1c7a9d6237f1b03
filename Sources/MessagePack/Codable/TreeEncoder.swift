/// The `Codable` face of ``EncodingTree``.
struct TreeEncoder: Encoder, SingleValueEncodingContainer {
  let tree: EncodingTree

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .map = tree.content {} else { tree.content = .map([]) }
    return KeyedEncodingContainer(TreeKeyedContainer<Key>(tree: tree))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .array = tree.content {} else { tree.content = .array([]) }
    return TreeUnkeyedContainer(tree: tree)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { tree.set { $0.putNil() } }
  func encode<Value: Encodable>(_ value: Value) throws { try tree.set(encoding: value) }
}

struct TreeKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let tree: EncodingTree

  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) throws { tree.setEntry(key.stringValue).set { $0.putNil() } }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try tree.setEntry(key.stringValue).set(encoding: value)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    TreeEncoder(tree: tree.setEntry(key.stringValue)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    TreeEncoder(tree: tree.setEntry(key.stringValue)).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { TreeEncoder(tree: tree.setEntry("super")) }
  func superEncoder(forKey key: Key) -> any Encoder { TreeEncoder(tree: tree.setEntry(key.stringValue)) }
}

struct TreeUnkeyedContainer: UnkeyedEncodingContainer {
  let tree: EncodingTree

  var codingPath: [any CodingKey] { [] }
  var count: Int {
    if case .array(let elements) = tree.content { elements.count } else { 0 }
  }

  func encodeNil() throws { tree.appendElement().set { $0.putNil() } }
  func encode<Value: Encodable>(_ value: Value) throws { try tree.appendElement().set(encoding: value) }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    TreeEncoder(tree: tree.appendElement()).container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    TreeEncoder(tree: tree.appendElement()).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { TreeEncoder(tree: tree.appendElement()) }
}
