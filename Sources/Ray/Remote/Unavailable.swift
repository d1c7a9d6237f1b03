public import MessagePack

// Generated code writes whatever a function returns or a struct holds. A type that nothing can write ends up here, where
// the compiler says what to do instead of listing overloads that do not fit.

extension ByteWriter {
  @available(
    *, unavailable,
    message: "this result's type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public mutating func put<Value>(value: borrowing Value) throws { fatalError("unavailable") }

  @available(
    *, unavailable,
    message: "this property's type cannot cross a process boundary: make it conform to RayValue (@RayCodable) or Codable"
  )
  @_disfavoredOverload
  public mutating func put<Value>(nested value: borrowing Value) { fatalError("unavailable") }
}
