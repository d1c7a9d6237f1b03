import WordCounting

/// The definition of a word, written for reading: what the fast counter is compared with.
func plainCount(_ bytes: some Collection<UInt8>) -> [[UInt8]: Int] {
  var counts: [[UInt8]: Int] = [:]
  var run = ""
  func endRun() {
    if let first = run.unicodeScalars.first, isLetter(first) {
      counts[Array(run.utf8), default: 0] += 1
    }
    run = ""
  }
  for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
    if isLetter(scalar) || isDigitOrMark(scalar) {
      run.unicodeScalars.append(
        scalar.isASCII ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
    } else {
      endRun()
    }
  }
  endRun()
  return counts
}

private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    .letterNumber:
    true
  default: false
  }
}

private func isDigitOrMark(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber: true
  default: false
  }
}

extension WordTable {
  /// Keyed by bytes: Swift strings that are canonically equivalent would be one key, but are two words here.
  var byBytes: [[UInt8]: Int] {
    Dictionary(uniqueKeysWithValues: (0..<count).map { (Array(word(at: $0).utf8), counts[$0]) })
  }

  init(counting bytes: [UInt8]) {
    var counter = WordCounter()
    counter.count(bytes.span)
    self = counter.table()
  }
}

extension WordTable {
  init(counting text: String) { self.init(counting: Array(text.utf8)) }
}
