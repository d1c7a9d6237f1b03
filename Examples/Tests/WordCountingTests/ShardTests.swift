import Testing

@testable import WordCounting

@Suite struct ShardTests {
  @Test(arguments: [1, 2, 3, 7, 64, 1000])
  func coversEveryByteOnceInEvenParts(count: Int) {
    let files = [0, 1, 5_000, 3, 70, 0, 999].enumerated().map {
      TextFile(path: "f\($0)", byteCount: $1)
    }
    let shards = Shard.split(files, into: count)
    #expect(shards.count == count)
    let sizes = shards.map(\.byteCount)
    #expect(sizes.max()! - sizes.min()! <= 1)
    // Put end to end, the pieces of a file are the file.
    for file in files {
      let pieces = shards.flatMap(\.pieces).filter { $0.path == file.path }
      var end = 0
      for piece in pieces {
        #expect(piece.start == end && piece.end > piece.start)
        end = piece.end
      }
      #expect(end == file.byteCount)
    }
  }

  @Test func hasNoMoreShardsThanBytes() {
    #expect(
      Shard.split([TextFile(path: "f", byteCount: 3)], into: 8).map(\.byteCount) == [1, 1, 1])
    #expect(Shard.split([], into: 8).isEmpty)
    #expect(Shard.split([TextFile(path: "f", byteCount: 0)], into: 8).isEmpty)
  }

  @Test(arguments: UInt64(1)...12)
  func cutsLoseAndRepeatNoWord(seed: UInt64) throws {
    var random = Random(seed: seed)
    let folder = TemporaryFolder()
    for name in ["a", "sub/b", "sub/deep/c"] {
      folder.write(
        random.text(byteCount: Int.random(in: 1...400, using: &random)).map { $0 == 0 ? 1 : $0 },
        to: name)
    }
    let files = try TextFile.list(below: folder.path)
    let whole = try #require(Shard.split(files, into: 1).first).countWords()
    #expect(whole.occurrences > 0)
    for count in [2, 3, 10, 97, 500] {
      let parts = try Shard.split(files, into: count).map { try $0.countWords() }
      #expect(
        reduceAsTree(parts, combining: WordTable.merging) == whole, "seed \(seed), \(count) shards")
    }
  }

  @Test func findsTheEndOfAWordFarBehindACut() throws {
    let folder = TemporaryFolder()
    let path = folder.write(
      Array(repeating: UInt8(ascii: "x"), count: 50_000) + Array(" end".utf8), to: "long")
    let shards = Shard.split([TextFile(path: path, byteCount: 50_004)], into: 4)
    let tables = try shards.map { try $0.countWords() }
    #expect(tables.map(\.occurrences) == [1, 0, 0, 1])
    #expect(tables[0].text.count == 50_000)
  }

  @Test func countsWhatIsLeftOfAFileThatShrank() throws {
    let folder = TemporaryFolder()
    let path = folder.write("three short words".utf8, to: "f")
    let table = try Shard(pieces: [
      Piece(path: path, start: 6, end: 1_000), Piece(path: path, start: 900, end: 950),
    ]).countWords()
    #expect(table.byBytes == plainCount("short words".utf8))
  }

  @Test func namesTheFileThatIsMissing() {
    let error = #expect(throws: FileError.self) {
      try Shard(pieces: [Piece(path: "/no/such/file", start: 0, end: 1)]).countWords()
    }
    #expect(error?.description == "/no/such/file: No such file or directory")
  }
}
