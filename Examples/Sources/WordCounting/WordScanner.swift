/// Finds the words of a text one after the other and hashes each on the way.
struct WordScanner {
  private(set) var word = 0..<0
  private(set) var hash: UInt64 = 0
  private var position = 0
  private let end: Int

  init(_ byteCount: Int) { end = byteCount }

  /// Moves to the next word; false when there is none.
  @inline(__always)
  mutating func next(in bytes: Span<UInt8>) -> Bool {
    while position < end {
      let byte = bytes[position]
      if isASCIILetter(byte) {
        finishRun(from: position, in: bytes)
        return true
      }
      if byte < 0x80 {
        if isASCIIDigit(byte) { finishRun(from: position, in: bytes) } else { position += 1 }
        continue
      }
      let scalar = NonASCIIScalar(bytes, at: position)
      switch scalar.kind {
      case .separator: position += scalar.byteCount
      case .digitOrMark: finishRun(from: position, in: bytes)
      case .letter:
        finishRun(from: position, in: bytes)
        return true
      }
    }
    return false
  }

  /// Sets `word` and `hash` for the run of letters, marks and digits that starts at `start`.
  @inline(__always)
  private mutating func finishRun(from start: Int, in bytes: Span<UInt8>) {
    var hash = Self.emptyHash
    var i = start
    while i < end {
      let byte = bytes[i]
      if isASCIILetter(byte) || isASCIIDigit(byte) {
        Self.mix(byte | 0x20, into: &hash)  // digits have this bit set already
        i += 1
        continue
      }
      guard byte >= 0x80 else { break }
      let scalar = NonASCIIScalar(bytes, at: i)
      guard scalar.kind != .separator else { break }
      for j in i..<(i + scalar.byteCount) { Self.mix(bytes[j], into: &hash) }
      i += scalar.byteCount
    }
    word = start..<i
    self.hash = Self.finish(hash)
    position = i
  }

  // FNV-1a: one multiplication per byte, next to a scan that looks at every byte anyway.
  static let emptyHash: UInt64 = 0xcbf2_9ce4_8422_2325

  @inline(__always)
  static func mix(_ byte: UInt8, into hash: inout UInt64) {
    hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  /// Spreads the last bytes over the lower bits, which choose the slot.
  @inline(__always)
  static func finish(_ hash: UInt64) -> UInt64 { (hash ^ hash >> 29) &* 0x9E37_79B9_7F4A_7C15 }
}

@inline(__always)
func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

@inline(__always)
func isASCIIDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

/// A byte that ends a word whatever stands before it, UTF-8 or not: texts are cut after one of these.
@inline(__always)
func isASCIISeparator(_ byte: UInt8) -> Bool {
  byte < 0x80 && !isASCIILetter(byte) && !isASCIIDigit(byte)
}

@inline(__always)
func asciiLowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

/// What begins at a byte above 0x7F: a scalar, or one byte that is no UTF-8.
struct NonASCIIScalar {
  enum Kind { case letter, digitOrMark, separator }

  var kind: Kind
  var byteCount: Int

  init(_ bytes: Span<UInt8>, at position: Int) {
    guard let (scalar, byteCount) = decodeScalar(bytes, at: position) else {
      self.kind = .separator
      self.byteCount = 1
      return
    }
    self.byteCount = byteCount
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber:
      kind = .letter
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber: kind = .digitOrMark
    default: kind = .separator
    }
  }
}

/// Decodes one scalar of two to four bytes; nil for whatever Unicode does not allow: truncated and overlong forms,
/// surrogates, values above U+10FFFF.
private func decodeScalar(_ bytes: Span<UInt8>, at position: Int) -> (Unicode.Scalar, Int)? {
  let first = bytes[position]
  let (byteCount, smallest): (Int, UInt32)
  switch first {
  case 0xC2...0xDF: (byteCount, smallest) = (2, 0x80)
  case 0xE0...0xEF: (byteCount, smallest) = (3, 0x800)
  case 0xF0...0xF4: (byteCount, smallest) = (4, 0x10000)
  default: return nil
  }
  guard position + byteCount <= bytes.count else { return nil }
  var value = UInt32(first) & (0x7F >> UInt32(byteCount))
  for i in 1..<byteCount {
    let byte = bytes[position + i]
    guard byte & 0xC0 == 0x80 else { return nil }
    value = value << 6 | UInt32(byte & 0x3F)
  }
  guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
  return (scalar, byteCount)
}
