import Testing
import WordCounting

@testable import wordcount

@Suite struct ProgramTests {
  @Test func readsItsOptions() throws {
    let options = try Options([
      "--folder", "a", "--check", "--folder", "b", "--top", "5", "--shards", "9",
    ])
    #expect(
      options.folders == ["a", "b"] && options.top == 5 && options.shards == 9 && options.check)
    #expect(try Options([]).folders.count == 1)
    #expect(try Options(["-h"]).wantsHelp)
  }

  @Test(arguments: [["--top"], ["--top", "0"], ["--shards", "many"], ["folder"], ["--folder"]])
  func refusesWhatItDoesNotUnderstand(arguments: [String]) {
    #expect(throws: UsageError.self) { try Options(arguments) }
  }

  @Test func countsTheCheckoutUnlessToldOtherwise() throws {
    let folder = try #require(Options([]).folders.first)
    #expect(#filePath.hasPrefix(folder + "/Examples/"))
  }

  @Test func makesShardsForTheSizeOfTheText() throws {
    let options = try Options([])
    #expect(options.shardCount(for: 0) == 8)
    #expect(options.shardCount(for: 100 << 20) == 50)
    #expect(options.shardCount(for: 1 << 40) == 512)
  }

  @Test func drawsABarOnATerminal() {
    #expect(ProgressBar.bar(percent: 50, width: 4) == "██░░")
    #expect(ProgressBar.bar(percent: 200, width: 4) == "████")
    var bar = ProgressBar(total: 10, isTerminal: true)
    #expect(bar.update() == "\r" + ProgressBar.bar(percent: 0) + " 0 %")
  }

  @Test func writesALineForEachTenthElsewhere() {
    var bar = ProgressBar(total: 100, isTerminal: false)
    #expect(bar.update() == nil)
    bar.advance(by: 25)
    #expect(bar.update() == nil, "20 % was already reported")
    bar.advance(by: 75)
    #expect(bar.update() == nil, "100 % was already reported")
  }

  @Test func alignsItsReport() {
    var table = WordTable()
    for (word, count) in [("a", 1_000), ("bc", 3_000_000)] {
      table = .merging(
        table, WordTable(text: Array(word.utf8), ends: [UInt32(word.utf8.count)], counts: [count]))
    }
    #expect(
      report(on: table, top: 2) == """
        word      count   share
        bc    3,000,000 100.0 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        a         1,000   0.0 %  ▇
        3,001,000 words, 2 different ones
        """)
    #expect(report(on: WordTable(), top: 2) == "no words")
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (-100, "-100"),
  ])
  func groupsDigits(number: Int, text: String) { #expect(grouped(number) == text) }
}
