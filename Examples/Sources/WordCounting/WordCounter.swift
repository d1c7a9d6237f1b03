/// Counts the words of UTF-8 text.
///
/// A word is a run of letters, marks and digits that starts with a letter: `café2` and `naïve` are words, `42` is none.
/// ASCII letters are counted in lower case. Bytes that are no UTF-8 separate words, as punctuation does.
///
/// ```swift
/// var counter = WordCounter()
/// counter.count("To be, or not to be".utf8Span.span)
/// counter.table()["be"]                                 // 2
/// ```
public struct WordCounter: Sendable {
  // Words in order of first occurrence, laid out as in `WordTable`.
  private var text: [UInt8] = []
  private var ends: [UInt32] = []
  private var counts: [Int] = []
  /// Open addressing with linear probing: word number + 1 in the lower half, upper half of its hash above. 0 is empty.
  private var slots = [UInt64](repeating: 0, count: 1 << 12)

  public init() {}

  /// Counts the words of `bytes`; a word never continues into the next call.
  public mutating func count(_ bytes: Span<UInt8>) {
    var scanner = WordScanner(bytes.count)
    while scanner.next(in: bytes) {
      add(bytes, scanner.word, hash: scanner.hash)
    }
  }

  private mutating func add(_ bytes: Span<UInt8>, _ word: Range<Int>, hash: UInt64) {
    let tag = hash & 0xFFFF_FFFF_0000_0000
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] != 0 {
      let slot = slots[place]
      if slot & 0xFFFF_FFFF_0000_0000 == tag {
        let index = Int(slot & 0xFFFF_FFFF) - 1
        if matches(index, bytes, word) {
          counts[index] += 1
          return
        }
      }
      place = (place + 1) & mask
    }
    for i in word { text.append(asciiLowercased(bytes[i])) }
    ends.append(UInt32(text.count))
    counts.append(1)
    slots[place] = tag | UInt64(counts.count)
    if counts.count * 2 > slots.count { grow() }
  }

  private func matches(_ index: Int, _ bytes: Span<UInt8>, _ word: Range<Int>) -> Bool {
    let start = index == 0 ? 0 : Int(ends[index - 1])
    guard Int(ends[index]) - start == word.count else { return false }
    let known = text.span
    for i in 0..<word.count where known[start + i] != asciiLowercased(bytes[word.lowerBound + i]) {
      return false
    }
    return true
  }

  private mutating func grow() {
    // The lower half of a hash is not kept: it is computed again from the word.
    slots = [UInt64](repeating: 0, count: slots.count * 4)
    let mask = slots.count - 1
    var start = 0
    for (index, end) in ends.enumerated() {
      var hash = WordScanner.emptyHash
      for byte in text[start..<Int(end)] { WordScanner.mix(byte, into: &hash) }
      let finished = WordScanner.finish(hash)
      var place = Int(truncatingIfNeeded: finished) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = finished & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1)
      start = Int(end)
    }
  }

  /// What was counted so far.
  public func table() -> WordTable {
    var start = 0
    var order: [SortKey] = []
    order.reserveCapacity(ends.count)
    for end in ends {
      order.append(SortKey(text, start..<Int(end)))
      start = Int(end)
    }
    let indices = ends.indices.sorted { a, b in
      if order[a].prefix != order[b].prefix { return order[a].prefix < order[b].prefix }
      return text[order[a].range].lexicographicallyPrecedes(text[order[b].range])
    }
    var table = WordTable()
    table.text.reserveCapacity(text.count)
    table.ends.reserveCapacity(ends.count)
    table.counts.reserveCapacity(ends.count)
    for index in indices { table.append(text[order[index].range], count: counts[index]) }
    return table
  }
}

/// The first eight bytes decide nearly every comparison of two words as one integer.
private struct SortKey {
  var prefix: UInt64
  var range: Range<Int>

  init(_ text: [UInt8], _ range: Range<Int>) {
    self.range = range
    prefix = 0
    for i in 0..<8 {
      prefix = prefix << 8 | (i < range.count ? UInt64(text[range.lowerBound + i]) : 0)
    }
  }
}
