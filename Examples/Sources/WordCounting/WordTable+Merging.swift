#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension WordTable {
  /// Adds up two tables: one walk along both, as in merge sort.
  public static func merging(_ a: WordTable, _ b: WordTable) -> WordTable {
    var result = WordTable()
    result.text.reserveCapacity(a.text.count + b.text.count)
    result.ends.reserveCapacity(a.count + b.count)
    result.counts.reserveCapacity(a.count + b.count)
    var i = 0
    var j = 0
    while i < a.count && j < b.count {
      let order = compare(a.text, a.range(of: i), b.text, b.range(of: j))
      result.append(
        order <= 0 ? a.text[a.range(of: i)] : b.text[b.range(of: j)],
        count: (order <= 0 ? a.counts[i] : 0) + (order >= 0 ? b.counts[j] : 0))
      if order <= 0 { i += 1 }
      if order >= 0 { j += 1 }
    }
    while i < a.count {
      result.append(a.text[a.range(of: i)], count: a.counts[i])
      i += 1
    }
    while j < b.count {
      result.append(b.text[b.range(of: j)], count: b.counts[j])
      j += 1
    }
    return result
  }

  /// Appends a word that comes after all present ones.
  mutating func append(_ word: ArraySlice<UInt8>, count: Int) {
    text.append(contentsOf: word)
    ends.append(UInt32(text.count))
    counts.append(count)
  }
}

/// Negative, zero or positive, as the first word comes before, is, or comes after the second in byte order.
private func compare(_ a: [UInt8], _ aRange: Range<Int>, _ b: [UInt8], _ bRange: Range<Int>) -> Int {
  let order = a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let (x, y) = (
        UnsafeRawBufferPointer(rebasing: a[aRange]), UnsafeRawBufferPointer(rebasing: b[bRange])
      )
      guard let x = x.baseAddress, let y = y.baseAddress else { return CInt(0) }
      return memcmp(x, y, min(aRange.count, bRange.count))
    }
  }
  return order != 0 ? Int(order) : aRange.count - bRange.count
}

/// Combines neighbours, then their results, and so on up to one; nil for nothing.
///
/// A tree has log2(n) levels and every merge of a level can run at the same time; a chain would have n.
public func reduceAsTree<Item>(_ items: [Item], combining merge: (Item, Item) throws -> Item)
  rethrows -> Item?
{
  var level = items
  while level.count > 1 {
    level = try stride(from: 0, to: level.count, by: 2).map { i in
      i + 1 < level.count ? try merge(level[i], level[i + 1]) : level[i]
    }
  }
  return level.first
}
