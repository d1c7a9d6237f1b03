public import Ray

/// Images of handwritten digits with what they show.
@RayCodable
public struct Digits: Sendable, Hashable {
  /// Pixels of one image: 8 x 8.
  public static var pixelCount: Int { 64 }

  /// All images one after the other, row by row; 0 is paper, 16 is ink.
  public var pixels: [UInt8]
  /// The digit each image shows.
  public var labels: [UInt8]

  public init(pixels: [UInt8] = [], labels: [UInt8] = []) {
    self.pixels = pixels
    self.labels = labels
  }

  public var count: Int { labels.count }
}

extension Digits {
  /// Parses lines of 64 characters `0123456789abcdefg`, a space, and the digit.
  public init(parsing text: [UInt8]) throws(DigitsError) {
    self.init()
    pixels.reserveCapacity(text.count)
    for (index, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
      let start = line.startIndex
      guard line.count == Self.pixelCount + 2, line[start + Self.pixelCount] == UInt8(ascii: " ")
      else {
        throw DigitsError(line: index + 1, problem: "expected 64 pixels, a space and a digit")
      }
      for character in line.prefix(Self.pixelCount) {
        guard let ink = Self.ink(character) else {
          throw DigitsError(line: index + 1, problem: "unknown pixel")
        }
        pixels.append(ink)
      }
      let label = line[start + Self.pixelCount + 1] &- UInt8(ascii: "0")
      guard label < 10 else { throw DigitsError(line: index + 1, problem: "unknown digit") }
      labels.append(label)
    }
  }

  private static func ink(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "g"): character - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// The images with these numbers, in this order.
  public func selecting(_ indices: some Sequence<Int>) -> Digits {
    var result = Digits()
    for index in indices {
      result.pixels += pixels[index * Self.pixelCount..<(index + 1) * Self.pixelCount]
      result.labels.append(labels[index])
    }
    return result
  }

  /// Shuffles and splits off a part that training never sees.
  public func split(holdingOut share: Double, seed: UInt64) -> (training: Digits, heldOut: Digits) {
    var random = SeededRandom(seed: seed)
    let order = (0..<count).shuffled(using: &random)
    let heldOut = Int(Double(count) * share)
    return (selecting(order[heldOut...]), selecting(order[..<heldOut]))
  }

  /// Deals the images out like cards: `count` shards whose sizes differ by one at most.
  public func shards(_ count: Int) -> [Digits] {
    (0..<count).map { selecting(stride(from: $0, to: self.count, by: count)) }
  }
}

/// A line of the data file that is no image.
public struct DigitsError: Error, Codable, Hashable, CustomStringConvertible {
  public var line: Int
  public var problem: String

  public var description: String { "line \(line): \(problem)" }
}
