public import Ray

/// A file to count, with the size it had when it was listed.
public struct TextFile: Sendable, Hashable {
  public var path: String
  public var byteCount: Int

  public init(path: String, byteCount: Int) {
    self.path = path
    self.byteCount = byteCount
  }
}

/// Part of a file: the words that lie in its bytes `start..<end`, cut at word boundaries by the reader.
@RayCodable
public struct Piece: Sendable, Hashable {
  public var path: String
  public var start: Int
  public var end: Int

  public init(path: String, start: Int, end: Int) {
    self.path = path
    self.start = start
    self.end = end
  }
}

/// The work of one task.
@RayCodable
public struct Shard: Sendable, Hashable {
  public var pieces: [Piece]

  public init(pieces: [Piece] = []) { self.pieces = pieces }

  /// Everything in one piece of work.
  public init(wholeFiles files: [TextFile]) {
    pieces = files.map { Piece(path: $0.path, start: 0, end: $0.byteCount) }
  }

  public var byteCount: Int { pieces.reduce(0) { $0 + $1.end - $1.start } }
}

extension Shard {
  /// Cuts files into `count` shards that differ by one byte at most; fewer when there are fewer bytes.
  ///
  /// All files form one line of bytes, which is cut into equal parts. So a shard is a run of small files or a part of a
  /// large one, and no file is cut more often than needed.
  public static func split(_ files: [TextFile], into count: Int) -> [Shard] {
    let total = files.reduce(0) { $0 + $1.byteCount }
    let count = min(count, total)
    guard count > 0 else { return [] }
    var shards: [Shard] = []
    var shard = Shard()
    var room = total / count + (total % count > 0 ? 1 : 0)
    for file in files {
      var start = 0
      while start < file.byteCount {
        let end = start + min(room, file.byteCount - start)
        shard.pieces.append(Piece(path: file.path, start: start, end: end))
        room -= end - start
        start = end
        guard room == 0 else { continue }
        shards.append(shard)
        shard = Shard()
        room = total / count + (shards.count < total % count ? 1 : 0)
      }
    }
    return shards
  }
}
