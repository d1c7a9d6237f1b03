/// What the command line asks for.
struct Arguments {
  private(set) var isList = false
  private(set) var seconds = 2.0
  private var substring: String?
  private var exactName: String?

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws {
    // The program's own name may or may not come first.
    var rest = arguments.drop { !$0.hasPrefix("--") }
    while let name = rest.popFirst() {
      switch name {
      case "--list": isList = true
      case "--cases": substring = try Self.value(of: name, in: &rest)
      case "--case": exactName = try Self.value(of: name, in: &rest)
      case "--seconds":
        let text = try Self.value(of: name, in: &rest)
        guard let number = Double(text), number > 0 else { throw Failure(description: "--seconds \(text): not a length of time") }
        seconds = number
      default: throw Failure(description: "unknown option \(name)")
      }
    }
  }

  func selects(_ name: String) -> Bool {
    if let exactName { return name == exactName }
    return substring.map { name.contains($0) } ?? true
  }

  private static func value(of name: String, in rest: inout ArraySlice<String>) throws -> String {
    guard let value = rest.popFirst() else { throw Failure(description: "\(name) needs a value") }
    return value
  }
}
