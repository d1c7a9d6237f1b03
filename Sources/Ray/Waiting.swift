public import RayEngine
public import RayProtocol

/// The parts of ``Ray/wait(_:count:timeout:fetchLocal:)``.
@usableFromInline
enum Waiting {
  /// Where the first `count` ready objects are, or fewer; throws for a list that cannot be waited for.
  @usableFromInline
  static func look(for ids: [ObjectID], beside first: ObjectHandle, _ count: Int, _ timeout: Duration?) throws -> [Int] {
    guard count > 0, count <= ids.count else {
      throw RayError(.invalidArgument, "cannot wait for \(count) of \(ids.count) objects")
    }
    if let timeout, timeout < .zero { throw RayError(.invalidArgument, "a timeout must not be negative") }
    let look = first.engine.readiness(of: ids, enough: count)
    guard !look.hasDuplicates else {
      throw RayError(.invalidArgument, "the same reference occurs twice in the list to wait for")
    }
    return look.ready
  }

  /// Where the first `count` ready objects are after waiting for them, or fewer when the time was over.
  @usableFromInline
  static func wait(for handles: [ObjectHandle], _ count: Int, _ timeout: Duration?) async throws -> [Int] {
    guard let engine = handles.first?.engine else { return [] }
    try await engine.whenReady(handles, count: count, timeout: timeout)
    return engine.readiness(of: handles.map { $0.id }, enough: count).ready
  }

  /// Moves the references at these ascending positions out of the list.
  ///
  /// In place where nobody else has the list, as when a loop waits for what the round before left: then the references
  /// that stay are not counted up and down again each round.
  @inlinable
  static func take<Value>(_ positions: [Int], from refs: inout [ObjectRef<Value>]) -> [ObjectRef<Value>] {
    guard let first = positions.first, let last = positions.last else { return [] }
    let taken = positions.map { refs[$0] }
    if last - first == positions.count - 1 {
      refs.removeSubrange(first...last)
      return taken
    }
    var kept: [ObjectRef<Value>] = []
    kept.reserveCapacity(refs.count - positions.count)
    var next = 0
    for (position, ref) in refs.enumerated() {
      if next < positions.count, position == positions[next] { next += 1 } else { kept.append(ref) }
    }
    refs = kept
    return taken
  }
}
