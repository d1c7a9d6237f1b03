import Testing
import WordCounting

@Suite struct WordCounterTests {
  @Test(arguments: [
    ("", [:]),
    ("To be, or not to be", ["to": 2, "be": 2, "or": 1, "not": 1]),
    ("utf8 8utf 42 x86_64", ["utf8": 1, "x86": 1]),
    ("Äpfel äpfel naïve café—über", ["Äpfel": 1, "äpfel": 1, "naïve": 1, "café": 1, "über": 1]),
    ("“quoted” … 東京 ② Ⅳ", ["quoted": 1, "東京": 1, "Ⅳ": 1]),
    ("e\u{301}te\u{301} \u{301}alone", ["e\u{301}te\u{301}": 1]),
  ])
  func findsWords(text: String, expected: [String: Int]) {
    let table = WordTable(counting: text)
    #expect(
      table.byBytes
        == Dictionary(uniqueKeysWithValues: expected.map { (Array($0.key.utf8), $0.value) }))
    for (word, count) in expected { #expect(table[word] == count) }
    #expect(table["absent"] == 0)
  }

  @Test(arguments: [
    [0x61, 0xFF, 0x62], [0x61, 0xC3], [0x61, 0xC3, 0x62], [0xE2, 0x82], [0xC0, 0x80, 0x61],
    [0xED, 0xA0, 0x80, 0x61],
    [0xF5, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80, 0x62], [0x80, 0x61],
    [0xF0, 0x9F, 0x98, 0x61],
  ])
  func takesBrokenUTF8AsSeparator(bytes: [UInt8]) {
    #expect(WordTable(counting: bytes).byBytes == plainCount(bytes))
  }

  @Test(arguments: UInt64(1)...20)
  func agreesWithThePlainCountOnGeneratedText(seed: UInt64) {
    var random = Random(seed: seed)
    let bytes = random.text(byteCount: 20_000)
    let table = WordTable(counting: bytes)
    let isSame = table.byBytes == plainCount(bytes)
    #expect(isSame, "seed \(seed)")
    #expect(table.occurrences == plainCount(bytes).values.reduce(0, +), "seed \(seed)")
  }

  @Test func sortsWordsByTheirBytes() {
    var random = Random(seed: 7)
    let table = WordTable(counting: random.text(byteCount: 50_000))
    let words = (0..<table.count).map { Array(table.word(at: $0).utf8) }
    #expect(zip(words, words.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
  }

  @Test func keepsItsWordsWhenItsTableGrows() {
    let words = (0..<30_000).map { "w\($0)" }
    let table = WordTable(counting: (words + words).joined(separator: " "))
    #expect(table.count == words.count)
    #expect(table.counts.allSatisfy { $0 == 2 })
  }
}
