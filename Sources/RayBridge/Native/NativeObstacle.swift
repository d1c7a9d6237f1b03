package import RayEngine

/// Why a function or an actor cannot run in native workers, as far as its declaration tells. What depends on options, on one
/// call's arguments and on the cluster is decided where calls are submitted.
package enum NativeObstacle {
  package static func of(_ entry: RemoteEntry) -> String? {
    if case .stream = entry.body { return "a stream" }
    return references(entry.name, entry.types())
  }

  /// An actor lives where all of its methods can run.
  package static func of(_ entry: ActorEntry) -> String? {
    if entry.usesRay { return "code of \(entry.name) makes calls of its own, of which native workers can make only some" }
    if let reason = references(entry.name, entry.types()) { return reason }
    for method in entry.methods {
      if case .stream = method.body { return "\(method.name) yields a stream" }
      if isTuple(method.resultType) { return "\(method.name) returns several values, which callers may ask for one by one" }
      if let reason = references(method.name, method.types()) { return reason }
    }
    return nil
  }

  /// Ray's C++ interface does not tell what another process must know of a reference inside a value.
  private static func references(_ name: String, _ types: [Any.Type]) -> String? {
    ReferenceSearch.finds(in: types) ? "\(name) takes or returns references inside values" : nil
  }

  private static func isTuple(_ type: String) -> Bool { type.hasPrefix("(") && type != "()" && type.hasSuffix(")") }
}
