internal import RayEngine

/// The names under which Ray's C++ worker knows this program's calls.
///
/// Swift functions share one name, so that Ray runs them all on the same workers; what is called stands in the call's frame.
/// Every function can be called by its own name as well, as other languages do.
package struct NativeNames: Hashable {
  package var text: String
  package var isMethod: Bool

  package static let call = "swiftray.call"
  package static let create = "swiftray.create"
  package static let method = "swiftray.method"
  /// How ``method`` looks when Python calls it as method `method` of class `swiftray`: Ray wants a class there.
  package static let foreignMethod = "&swiftray::method"
  /// Calls between native workers: Ray adds and removes no header there, so that both ends do.
  package static let innerSuffix = ".n"
  /// The self-test of a driver that wants to use this lane.
  package static let probe = "swiftray.probe"

  /// What a name asks for.
  package enum Meaning: Hashable {
    case frame(isInner: Bool)
    case probe
    /// A Swift function, with one argument of the Ray task per parameter.
    case plain(String)
  }

  package static func meaning(of name: String) -> Meaning {
    if name == probe { return .probe }
    if name == foreignMethod { return .frame(isInner: false) }
    for base in [call, create, method] {
      if name == base { return .frame(isInner: false) }
      if name == base + innerSuffix { return .frame(isInner: true) }
    }
    return .plain(name)
  }

  package static func isCreation(_ name: String) -> Bool { name.hasPrefix(create) }

  /// Everything that may be called, for Ray's table of names.
  static var all: [NativeNames] {
    var names: [NativeNames] = [NativeNames(text: probe, isMethod: false)]
    names.append(NativeNames(text: foreignMethod, isMethod: true))
    for suffix in ["", innerSuffix] {
      names.append(NativeNames(text: call + suffix, isMethod: false))
      names.append(NativeNames(text: create + suffix, isMethod: false))
      names.append(NativeNames(text: method + suffix, isMethod: true))
    }
    return names + RemoteRegistry.functionNames.map { NativeNames(text: $0, isMethod: false) }
  }
}
