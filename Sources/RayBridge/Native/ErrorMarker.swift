internal import RayProtocol
internal import RayEngine

/// How an error travels where Ray takes text only: readable first, then the encoded error between marks, and the name of its type.
///
/// Ray also writes the text into the worker's log. Its log monitor takes lines that begin with `:task_name:` as notes to itself
/// and forwards them to nobody: so people see the readable part only. The second note takes back what the first one said.
package enum ErrorMarker {
  private static let note = "\n:task_name:"
  private static let start = "[swift-ray-error]"
  private static let end = "[/swift-ray-error]"

  package static func text(_ text: String, payload: [UInt8], typeName: String = "") -> String {
    text + note + start + Base64.encode(payload) + "." + Base64.encode(Array(typeName.utf8)) + end + note
  }

  /// The encoded error that a text carries, if any.
  package static func payload(in text: String) -> [UInt8]? {
    guard let first = text.range(ofLast: start) else { return nil }
    let rest = text[first.upperBound...]
    guard let last = rest.range(ofLast: end) else { return nil }
    return Base64.decode(rest[..<last.lowerBound].prefix { $0 != "." })
  }
}

extension StringProtocol {
  fileprivate func range(ofLast needle: String) -> Range<Index>? {
    var found: Range<Index>?
    var position = startIndex
    let needle = Array(needle.utf8)
    guard let first = needle.first else { return nil }
    while let candidate = utf8[position...].firstIndex(of: first) {
      if utf8[candidate...].starts(with: needle) {
        let end = utf8.index(candidate, offsetBy: needle.count)
        found = candidate..<end
        position = end
      } else {
        position = utf8.index(after: candidate)
      }
    }
    return found
  }
}

/// Bytes as text, without Foundation.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let chunk = bytes[start..<min(start + 3, bytes.count)]
      let word = chunk.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - chunk.count))
      for place in 0..<4 {
        text.append(place > chunk.count ? UInt8(ascii: "=") : alphabet[Int(word >> (18 - 6 * UInt32(place)) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for text that is no base64.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    var isPadded = false
    for character in text.utf8 {
      if character == UInt8(ascii: "=") {
        isPadded = true
        continue
      }
      guard !isPadded, let value = value(of: character) else { return nil }
      word = word << 6 | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return bits == 6 ? nil : bytes
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - 97 + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - 48 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
