public import MessagePack
public import RayEngine
public import RayProtocol

/// A value that exists or will exist somewhere in the cluster.
///
/// A reference is an ordinary Swift value: copy it, store it, pass it to remote calls (also inside other values).
/// The object lives as long as any copy of the reference lives in any process.
///
/// ```swift
/// let sum = try $add.remote(1, 2)            // returns at once
/// let more = try $add.remote(sum, 3)         // references are welcome where values are
/// print(try await more.value)                // 6
/// ```
public struct ObjectRef<Value>: Sendable {
  /// Reads the value where its type has no codec of its own: tuples, and whatever a macro knows better.
  public typealias Reading = @Sendable (inout ByteReader) throws -> Value

  @usableFromInline package let handle: ObjectHandle
  @usableFromInline let decoder: Reading?

  @inlinable
  public init(__handle handle: ObjectHandle, decoder: Reading? = nil) {
    self.handle = handle
    self.decoder = decoder
  }

  /// The object's name in the whole cluster.
  @inlinable public var id: ObjectID { handle.id }
}

extension ObjectRef: Hashable {
  public static func == (a: Self, b: Self) -> Bool { a.handle.id == b.handle.id }
  public func hash(into hasher: inout Hasher) { hasher.combine(handle.id) }
}

extension ObjectRef: CustomStringConvertible {
  public var description: String { "ObjectRef(\(handle.id))" }
}
