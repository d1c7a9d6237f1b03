import Testing
import WordCounting

@Suite struct WordTableTests {
  @Test func ranksByCountAndThenByWord() {
    let table = WordTable(counting: "d d a c c b d b c e")
    #expect(table.top(3).map(\.word) == ["c", "d", "b"])
    #expect(table.top(3).map(\.count) == [3, 3, 2])
    #expect(table.top(100).map(\.word) == ["c", "d", "b", "a", "e"])
    #expect(table.top(0).isEmpty)
  }

  @Test(arguments: UInt64(1)...10)
  func mergingCountsBothTexts(seed: UInt64) {
    var random = Random(seed: seed)
    let (a, b) = (random.text(byteCount: 3_000), random.text(byteCount: 500))
    let merged = WordTable.merging(WordTable(counting: a), WordTable(counting: b))
    #expect(merged == WordTable(counting: a + [0x20] + b), "seed \(seed)")
    #expect(
      merged == WordTable.merging(WordTable(counting: b), WordTable(counting: a)), "seed \(seed)")
  }

  @Test func mergingWithNothingChangesNothing() {
    let table = WordTable(counting: "one two two")
    #expect(WordTable.merging(table, WordTable()) == table)
    #expect(WordTable.merging(WordTable(), table) == table)
  }

  @Test(arguments: 0...17)
  func treeCombinesEveryItemOnceInOrderAndInFewLevels(count: Int) throws {
    struct Node {
      var items: [Int]
      var depth: Int
    }
    let tree = reduceAsTree((0..<count).map { Node(items: [$0], depth: 0) }) {
      Node(items: $0.items + $1.items, depth: max($0.depth, $1.depth) + 1)
    }
    #expect(tree?.items ?? [] == Array(0..<count))
    let levels = count < 2 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    #expect(tree?.depth ?? 0 == levels)
  }
}
