import Testing
import WordCounting

@Suite struct ListingTests {
  @Test func findsTextAndPassesOverTheRest() throws {
    let folder = TemporaryFolder()
    let names = ["a.txt", "sub/b.md", ".build/checkouts/dependency/c.swift"]
    for name in names { folder.write("text".utf8, to: name) }
    folder.write([UInt8](), to: "empty")
    folder.write([0x7F, 0x45, 0x4C, 0x46, 0x00], to: "binary")
    folder.write("hidden".utf8, to: ".git/config")
    folder.write("built".utf8, to: ".build/debug.yaml")
    folder.link(folder.path, as: "loop")
    let files = try TextFile.list(below: folder.path)
    #expect(Set(files.map(\.path)) == Set(names.map { folder.path + "/" + $0 }))
    #expect(files.allSatisfy { $0.byteCount == 4 })
  }

  @Test func refusesAFolderThatIsNotThere() {
    #expect(throws: FileError(path: "/no/such/folder", code: 2)) {
      try TextFile.list(below: "/no/such/folder")
    }
  }

  @Test func agreesWithThePlainCountOnTheseSources() throws {
    let package = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let files =
      try TextFile.list(below: package + "/Sources") + TextFile.list(below: package + "/Tests")
    #expect(files.contains { $0.path == #filePath })
    let parts = try Shard.split(files, into: 5).map { try $0.countWords() }
    let plain = try files.map { try readWhole($0.path) }.reduce(into: [:]) { total, bytes in
      total.merge(plainCount(bytes), uniquingKeysWith: +)
    }
    let isSame = reduceAsTree(parts, combining: WordTable.merging)?.byBytes == plain
    #expect(isSame && !plain.isEmpty)
  }
}
