public import Ray

/// How often each word occurs: distinct words in byte order, each with its count.
///
/// The layout is made for travelling: three flat arrays are three copies of memory on their way through the object
/// store, where a `[String: Int]` would be a hundred thousand strings. Sorted words make merging a single pass.
@RayCodable
public struct WordTable: Sendable, Hashable {
  /// The UTF-8 bytes of all words, one directly after the other.
  public var text: [UInt8]
  /// Where in ``text`` each word ends, and the next one starts.
  public var ends: [UInt32]
  /// Occurrences of each word.
  public var counts: [Int]

  public init(text: [UInt8] = [], ends: [UInt32] = [], counts: [Int] = []) {
    self.text = text
    self.ends = ends
    self.counts = counts
  }
}

extension WordTable {
  /// Number of distinct words.
  public var count: Int { counts.count }

  /// Number of words in the text, repetitions included.
  public var occurrences: Int { counts.reduce(0, +) }

  /// Where word number `index` lies in ``text``.
  func range(of index: Int) -> Range<Int> {
    Int(index == 0 ? 0 : ends[index - 1])..<Int(ends[index])
  }

  public func word(at index: Int) -> String {
    String(decoding: text[range(of: index)], as: UTF8.self)
  }

  /// Occurrences of `word`, 0 when the text does not have it.
  public subscript(word: String) -> Int {
    let wanted = Array(word.utf8)
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if text[range(of: middle)].lexicographicallyPrecedes(wanted) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < count && text[range(of: low)].elementsEqual(wanted) ? counts[low] : 0
  }

  /// The `limit` most frequent words, the most frequent first; equally frequent ones in byte order.
  public func top(_ limit: Int) -> [(word: String, count: Int)] {
    guard limit > 0 else { return [] }
    // Indices only, the best so far in order: most words fail the first comparison, so the whole is one pass.
    var best: [Int] = []
    for index in counts.indices {
      if best.count == limit {
        guard counts[index] > counts[best[limit - 1]] else { continue }
        best.removeLast()
      }
      let place = best.firstIndex { counts[$0] < counts[index] } ?? best.count
      best.insert(index, at: place)
    }
    return best.map { (word(at: $0), counts[$0]) }
  }
}
