/// What the command line says.
struct Options: Equatable {
  var workers = 4
  var epochs = 20
  /// Images per worker and step.
  var batchSize = 8
  var seed: UInt64 = 42
  var data = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Data/digits.txt"
  var wantsHelp = false

  static let usage = """
    usage: digits [--workers <n>] [--epochs <n>] [--batch <n>] [--seed <n>] [--data <path>]

      --workers   parts of the training set, one gradient task each (default: 4)
      --epochs    passes over the training set (default: 20)
      --batch     images per worker and step (default: 8)
      --seed      decides split, initial parameters and order (default: 42)
      --data      file of images (default: Examples/Data/digits.txt)
    """

  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      if option == "--help" || option == "-h" {
        wantsHelp = true
        continue
      }
      guard let value = rest.popFirst() else { throw UsageError("\(option) is unknown or lacks its value") }
      switch option {
      case "--workers": workers = try Self.number(value, in: 1...256)
      case "--epochs": epochs = try Self.number(value, in: 1...10_000)
      case "--batch": batchSize = try Self.number(value, in: 1...1_000)
      case "--seed": seed = UInt64(try Self.number(value, in: 0...Int.max))
      case "--data": data = value
      default: throw UsageError("unknown option \(option)")
      }
    }
  }

  private static func number(_ text: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw UsageError("expected a number from \(range.lowerBound) to \(range.upperBound), found '\(text)'")
    }
    return number
  }
}

struct UsageError: Error, Equatable, CustomStringConvertible {
  var description: String

  init(_ message: String) { description = message + "\n" + Options.usage }
}
