/// Where the new package finds swift-ray.
enum RayDependency: Hashable {
  case checkout(path: String)
  case repository(url: String, from: String)

  /// The entry in the manifest's `dependencies`.
  var manifestEntry: String {
    switch self {
    // The name makes it irrelevant how the checkout's folder is called.
    case .checkout(let path): ".package(name: \"swift-ray\", path: \(swiftLiteral(path)))"
    case .repository(let url, let version): ".package(url: \(swiftLiteral(url)), from: \(swiftLiteral(version)))"
    }
  }

  /// What the manifest's products call the package: for repositories SwiftPM takes the address's last part.
  var packageName: String {
    switch self {
    case .checkout: return "swift-ray"
    case .repository(let url, _):
      let last = url.split(whereSeparator: { $0 == "/" || $0 == ":" }).last ?? "swift-ray"
      return String(last.hasSuffix(".git") ? last.dropLast(4) : last)
    }
  }

  /// Where the new package finds the Python side of swift-ray, once it was built.
  var pythonPackage: String {
    switch self {
    case .checkout(let path): path + "/python/swiftray"
    case .repository: ".build/checkouts/\(packageName)/python/swiftray"
    }
  }

  /// A path relative to the current folder, as a folder inside it sees it.
  static func seenFromSubfolder(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    let parts = path.split(separator: "/").filter { $0 != "." }
    return ([Substring("..")] + parts).joined(separator: "/")
  }

  /// The nearest folder above `file` whose manifest is swift-ray's own.
  static func checkout(above file: String, reading read: (String) -> String?) -> String? {
    var parts = file.split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let folder = "/" + parts.joined(separator: "/")
      if let manifest = read(folder + "/Package.swift"), manifest.contains(".library(name: \"Ray\"") { return folder }
    }
    return nil
  }
}

/// The text as a Swift string literal.
func swiftLiteral(_ text: String) -> String {
  var literal = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": literal += "\\\\"
    case "\"": literal += "\\\""
    case "\n": literal += "\\n"
    case "\t": literal += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F:
      literal += "\\u{\(String(scalar.value, radix: 16))}"
    default: literal.unicodeScalars.append(scalar)
    }
  }
  return literal + "\""
}

/// The text as one word of a shell's command.
func shellWord(_ text: String) -> String {
  let plain = text.utf8.allSatisfy { byte in
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || "/._-+@%:,".utf8.contains(byte)
  }
  return plain ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
