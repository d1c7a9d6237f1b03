import Ray
import WordCounting

// The two halves of the work: count a shard, add up two tables.
@Remote
func countWords(in shard: Shard) throws -> WordTable { try shard.countWords() }

@Remote
func merge(_ a: WordTable, _ b: WordTable) -> WordTable { .merging(a, b) }

@main
struct WordCount: RayApp {
  static func main(_ ray: RayContext) async throws {
    let options = try Options(ray.arguments)
    if options.wantsHelp { return print(Options.usage) }

    let files = try options.folders.flatMap { try TextFile.list(below: $0) }
    let shards = Shard.split(
      files, into: options.shardCount(for: files.reduce(0) { $0 + $1.byteCount }))
    let start = ContinuousClock.now
    // One task per shard. The merges are submitted at once as well: each takes two references and runs as soon as both
    // tables exist, wherever they are. The driver never sees a table but the last.
    let tables = try shards.map { try $countWords.remote(in: $0) }
    guard let total = try reduceAsTree(tables, combining: { try $merge.remote($0, $1) }) else {
      return print("no text below \(options.folders.joined(separator: ", "))")
    }
    try await showProgress(of: tables, for: shards)
    let table = try await total.value
    let time = ContinuousClock.now - start

    print(report(on: table, top: options.top))
    print(
      "\(grouped(files.count)) files, \(megabytes(shards)), \(shards.count) shards, \(seconds(time))"
    )
    if options.check { try check(table, against: files, time: time) }
  }

  /// Moves the bar whenever a shard is counted.
  private static func showProgress(of tables: [ObjectRef<WordTable>], for shards: [Shard])
    async throws
  {
    let byteCounts = Dictionary(uniqueKeysWithValues: zip(tables, shards.map(\.byteCount)))
    var bar = ProgressBar(total: shards.reduce(0) { $0 + $1.byteCount })
    var pending = tables
    while !pending.isEmpty {
      let (ready, rest) = try await Ray.wait(pending, fetchLocal: false)
      bar.advance(by: ready.reduce(0) { $0 + byteCounts[$1, default: 0] })
      pending = rest
    }
    bar.finish()
  }

  /// Counts the same files once more in this process alone.
  private static func check(_ table: WordTable, against files: [TextFile], time: Duration) throws {
    let start = ContinuousClock.now
    let plain = try Shard(wholeFiles: files).countWords()
    let plainTime = ContinuousClock.now - start
    print(
      "plain count in one process: \(seconds(plainTime)), distributed \(seconds(time)): \(ratio(plainTime, time)) times as fast"
    )
    guard plain == table else { throw CheckFailed() }
    print("both counts are equal")
  }

  private static func megabytes(_ shards: [Shard]) -> String {
    "\(grouped(shards.reduce(0) { $0 + $1.byteCount } >> 20)) MiB"
  }
}

struct CheckFailed: Error, CustomStringConvertible {
  var description: String { "the distributed count differs from the plain one" }
}
