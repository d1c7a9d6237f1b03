/// A generator with a seed that a failing test can name.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Words of a small alphabet, so that they repeat, with all kinds of separators, marks and broken UTF-8 between.
  mutating func text(byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      switch Int.random(in: 0..<20, using: &self) {
      case 0..<9: bytes.append("abcXYZ".utf8.randomElement(using: &self)!)
      case 9..<12: bytes.append(" \n,_-".utf8.randomElement(using: &self)!)
      case 12: bytes.append("019".utf8.randomElement(using: &self)!)
      case 13..<18:
        bytes += Array(
          String("äÉßжλ東京—“…🙂²\u{301}\u{a0}٣ǅ".unicodeScalars.randomElement(using: &self)!).utf8)
      default: bytes.append(UInt8.random(in: 0x80...0xFF, using: &self))
      }
    }
    return bytes
  }
}
