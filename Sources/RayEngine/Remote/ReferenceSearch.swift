internal import MessagePack

/// A type whose values stand for something in the cluster that is counted: references and handles of actors.
package protocol ClusterReference {}

/// Looks for references in what values of a type can contain: stored properties, elements, and the parts a codec tells.
package enum ReferenceSearch {
  package static func finds(in types: [Any.Type]) -> Bool {
    var open = types
    var seen: Set<ObjectIdentifier> = []
    while let type = open.popLast() {
      guard seen.insert(ObjectIdentifier(type)).inserted else { continue }
      if type is any ClusterReference.Type { return true }
      open += parts(of: type)
    }
    return false
  }

  private static func parts(of type: Any.Type) -> [Any.Type] {
    if let container = type as? any Container.Type { return container.elementTypes }
    let told = (type as? any RaySerializable.Type)?.partTypes ?? []
    return told + (0..<StoredProperties.count(of: type)).map { StoredProperties.type(of: $0, in: type) }
  }
}

/// The standard library's containers, whose storage does not show the types of what is in it.
private protocol Container {
  static var elementTypes: [Any.Type] { get }
}

extension Array: Container {
  static var elementTypes: [Any.Type] { [Element.self] }
}

extension ContiguousArray: Container {
  static var elementTypes: [Any.Type] { [Element.self] }
}

extension ArraySlice: Container {
  static var elementTypes: [Any.Type] { [Element.self] }
}

extension Set: Container {
  static var elementTypes: [Any.Type] { [Element.self] }
}

extension Dictionary: Container {
  static var elementTypes: [Any.Type] { [Key.self, Value.self] }
}

extension Optional: Container {
  static var elementTypes: [Any.Type] { [Wrapped.self] }
}

/// What `Mirror` sees of an instance, without one: the runtime's own view of structs, classes and tuples.
private enum StoredProperties {
  /// Zero for everything else: of an existential the runtime would look at a value, and there is none.
  static func count(of type: Any.Type) -> Int { hasStoredProperties(type) ? reflectedCount(type) : 0 }

  /// The first word of a type's metadata is its kind, for classes a pointer; see the ABI's `MetadataKind`.
  private static func hasStoredProperties(_ type: Any.Type) -> Bool {
    let kind = unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee
    return kind == structKind || kind == tupleKind || kind == 0 || kind > kindMax
  }

  private static var structKind: UInt { 0x200 }
  private static var tupleKind: UInt { 0x301 }
  private static var kindMax: UInt { 0x7ff }

  static func type(of index: Int, in type: Any.Type) -> Any.Type {
    var field = ReflectedField()
    defer { field.freeName?(field.name) }
    return reflectedType(type, index: index, field: &field)
  }
}

/// As the Swift runtime lays it out.
private struct ReflectedField {
  var name: UnsafePointer<CChar>?
  var freeName: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = false
  var isVariable = false
}

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func reflectedCount(_: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func reflectedType(_: Any.Type, index: Int, field: UnsafeMutablePointer<ReflectedField>) -> Any.Type
