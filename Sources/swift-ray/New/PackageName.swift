/// A name that can be a folder, a package, a program and a Swift module at once.
struct PackageName: Hashable, CustomStringConvertible {
  let description: String

  init(_ name: String) throws(PackageNameError) {
    guard let first = name.utf8.first, Self.isLetter(first), name.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) })
    else { throw PackageNameError(name: name, problem: .notAnIdentifier(suggestion: Self.suggestion(for: name))) }
    guard !Self.taken.contains(name) else { throw PackageNameError(name: name, problem: .taken) }
    description = name
  }

  /// What the executable is called: `my-app` for `MyApp`, and another name than the library's even where case does not count.
  var executable: String {
    var words = ""
    for (index, character) in description.utf8.enumerated() {
      let letter = Character(Unicode.Scalar(character))
      let startsWord = letter.isUppercase && index > 0 && words.last?.isUppercase != true && words.last != "_"
      words += (startsWord ? "-" : "") + String(letter)
    }
    let name = words.lowercased()
    return name == description.lowercased() ? name + "-app" : name
  }

  /// Modules that the program imports or that come with it, and what the template's source declares.
  private static let taken: Set<String> = [
    "App", "Counter", "Foundation", "MessagePack", "Ray", "RayTesting", "Swift",
    "class", "enum", "extension", "func", "import", "let", "protocol", "self", "static", "struct", "var",
  ]

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") }
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// `my-app` becomes `MyApp`; nil when nothing useful remains.
  private static func suggestion(for name: String) -> String? {
    let parts = name.utf8.split { !isLetter($0) && !isDigit($0) }.map { String(decoding: $0, as: UTF8.self) }
    let joined = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    guard let first = joined.utf8.first, isLetter(first) else { return nil }
    return joined
  }
}

struct PackageNameError: Error, Hashable, CustomStringConvertible {
  enum Problem: Hashable {
    case notAnIdentifier(suggestion: String?)
    case taken
  }

  var name: String
  var problem: Problem

  var description: String {
    switch problem {
    case .notAnIdentifier(let suggestion):
      "'\(name)' cannot name a Swift module: use letters and digits" + (suggestion.map { ", for example \($0)" } ?? "")
    case .taken: "'\(name)' is taken by a module or a type that the program needs: choose another name"
    }
  }
}
