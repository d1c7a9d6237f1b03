public import MessagePack

/// Where a streaming function puts its elements, one object each.
///
/// `yield` suspends while the consumer is far behind.
public struct StreamSink: Sendable {
  private let send: @Sendable ((inout ByteWriter) throws -> Void) async throws -> Void

  package init(_ send: @escaping @Sendable ((inout ByteWriter) throws -> Void) async throws -> Void) { self.send = send }

  public func yield(_ encode: (inout ByteWriter) throws -> Void) async throws { try await send(encode) }
}
