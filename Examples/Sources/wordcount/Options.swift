/// What the command line says.
struct Options: Equatable {
  var folders: [String] = []
  var top = 20
  var shards: Int?
  var check = false
  var wantsHelp = false

  static let usage = """
    usage: wordcount [--folder <path>]... [--top <n>] [--shards <n>] [--check]

      --folder   count the text files below this folder; may be repeated
                 (default: this checkout with the sources of its dependencies)
      --top      show this many words (default: 20)
      --shards   cut the text into this many tasks (default: one per 2 MiB, 8 to 512)
      --check    count once more in one process, compare, and show both times
    """

  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--folder": folders.append(try Self.value(of: argument, from: &rest))
      case "--top": top = try Self.number(of: argument, from: &rest)
      case "--shards": shards = try Self.number(of: argument, from: &rest)
      case "--check": check = true
      case "--help", "-h": wantsHelp = true
      default: throw UsageError("unknown argument '\(argument)'")
      }
    }
    if folders.isEmpty { folders = [Self.checkout] }
  }

  /// More tasks than cores: the last ones to finish leave little time in which cores are idle.
  func shardCount(for byteCount: Int) -> Int {
    shards ?? max(8, min(512, byteCount >> 21))
  }

  /// The checkout this program was built from: three folders up from `Examples/Sources/wordcount/`.
  private static var checkout: String {
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
  }

  private static func value(of option: String, from rest: inout ArraySlice<String>)
    throws(UsageError) -> String
  {
    guard let value = rest.popFirst() else { throw UsageError("\(option) needs a value") }
    return value
  }

  private static func number(of option: String, from rest: inout ArraySlice<String>)
    throws(UsageError) -> Int
  {
    let text = try value(of: option, from: &rest)
    guard let number = Int(text), number > 0 else {
      throw UsageError("\(option) needs a positive number, not '\(text)'")
    }
    return number
  }
}

struct UsageError: Error, Equatable, CustomStringConvertible {
  var description: String

  init(_ message: String) { description = message + "\n" + Options.usage }
}
