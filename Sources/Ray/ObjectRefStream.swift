public import RayEngine

/// The elements of a streaming call, each an object of its own, in the order the callee yielded them.
///
/// ```swift
/// for try await ref in try $count.remote(to: 10) { print(try await ref.value) }
/// ```
/// Dropping the stream cancels the callee. One consumer at a time.
public struct ObjectRefStream<Element>: AsyncSequence, Sendable {
  let stream: StreamHandle
  let decoder: ObjectRef<Element>.Reading?

  public init(__stream stream: StreamHandle, decoder: ObjectRef<Element>.Reading? = nil) {
    self.stream = stream
    self.decoder = decoder
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: StreamHandle
    let decoder: ObjectRef<Element>.Reading?

    /// The next element's reference; nil after the last. Throws what the callee threw, after what it had yielded.
    public mutating func next() async throws -> ObjectRef<Element>? {
      let engine = stream.completion.engine
      return try await engine.nextElement(of: stream).map { ObjectRef(__handle: $0, decoder: decoder) }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: stream, decoder: decoder) }

  /// The elements' values themselves.
  public var values: AsyncThrowingStream<Element, any Error> {
    let (stream, decoder) = (stream, decoder)
    return AsyncThrowingStream {
      var iterator = AsyncIterator(stream: stream, decoder: decoder)
      return try await iterator.next()?.value
    }
  }

  /// Cancels the callee.
  public func cancel() async throws {
    try await stream.completion.engine.cancel(stream.completion, force: false, recursive: true)
  }
}
