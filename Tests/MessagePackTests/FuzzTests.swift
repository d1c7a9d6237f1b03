internal import MessagePack
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Random values and random damage. `RAY_FUZZ_SECONDS` sets how long, `RAY_FUZZ_SEED` where to start.
@Suite("Random values survive the round trip, and random damage only throws", .serialized)
struct FuzzTests {
  private static func environment(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }

  /// Calls `body` with seeds: a fixed number of them, or as many as fit into the time that was asked for.
  private func forEachSeed(_ count: UInt64, _ body: (UInt64) throws -> Void) rethrows {
    var seed = Self.environment("RAY_FUZZ_SEED") ?? UInt64.random(in: 0..<1 << 32)
    print("fuzzing from RAY_FUZZ_SEED=\(seed)")
    guard let seconds = Self.environment("RAY_FUZZ_SECONDS") else {
      for _ in 0..<count {
        try body(seed)
        seed &+= 1
      }
      return
    }
    // The three tests of the suite share the time.
    let end = ContinuousClock.now + .seconds(seconds) / 3
    while ContinuousClock.now < end {
      for _ in 0..<50 {
        try body(seed)
        seed &+= 1
      }
    }
  }

  @Test("dynamic values are the same after writing and reading")
  func roundTrip() throws {
    try forEachSeed(1500) { seed in
      var generator = SeededGenerator(seed: seed)
      let value = MessagePackValue.random(depth: 5, using: &generator)
      let bytes = try encoded(value)
      let copy = try decoded(MessagePackValue.self, bytes)
      #expect(copy == value, "RAY_FUZZ_SEED=\(seed)")
      #expect(try encoded(copy) == bytes, "RAY_FUZZ_SEED=\(seed)")
      var reader = ByteReader(bytes.span.bytes)
      try reader.skip()
      let isAtEnd = reader.isAtEnd
      #expect(isAtEnd, "RAY_FUZZ_SEED=\(seed)")
    }
  }

  @Test("damaged bytes throw or read as something else, for every target")
  func damage() throws {
    try forEachSeed(4000) { seed in
      var generator = SeededGenerator(seed: seed)
      var bytes = try Self.sample(using: &generator)
      for _ in 0..<Int.random(in: 1...8, using: &generator) { bytes.damage(using: &generator) }
      Self.readEverything(bytes)
    }
  }

  @Test("noise throws or reads as something else, for every target")
  func noise() {
    forEachSeed(1500) { seed in
      var generator = SeededGenerator(seed: seed)
      let count = Int.random(in: 0...64, using: &generator)
      // Half of the noise starts with a container, string, or extension, which random bytes are too often not.
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if !bytes.isEmpty, Bool.random(using: &generator) { bytes[0] = .random(in: 0x80...0xdf, using: &generator) }
      Self.readEverything(bytes)
    }
  }

  private static func sample(using generator: inout SeededGenerator) throws -> [UInt8] {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: try encodedByParts(CodableTests.ada)
    case 1: try encoded((0..<80).map { Double($0) })
    case 2: try encoded([[Int16](repeating: 3, count: 70)])
    case 3: try encodedByParts([CodableTests.Shape.circle(radius: 1), .empty, .rectangle(width: 1, height: 2)])
    default: try encoded(MessagePackValue.random(depth: 4, using: &generator))
    }
  }

  /// Reads `bytes` as types of every kind; whether that works is open, but it must come to an end without a trap.
  private static func readEverything(_ bytes: [UInt8]) {
    _ = try? decoded(MessagePackValue.self, bytes)
    _ = try? decoded([Int].self, bytes)
    _ = try? decoded([UInt8].self, bytes)
    _ = try? decoded([Bool].self, bytes)
    _ = try? decoded([[Int16]].self, bytes)
    _ = try? decoded([Double?].self, bytes)
    _ = try? decoded([String: [String]].self, bytes)
    _ = try? decoded(Set<String>.self, bytes)
    _ = try? decoded(RawArray<Double>.self, bytes)
    _ = try? decoded(RawArray<SIMD4<Float>>.self, bytes)
    _ = try? decoded(MessagePackTimestamp.self, bytes)
    _ = try? decoded(Duration.self, bytes)
    _ = try? decoded(Range<Int>.self, bytes)
    _ = try? decoded(Character.self, bytes)
    _ = try? decoded(Float.self, bytes)
    _ = try? decodedByParts(CodableTests.Person.self, bytes)
    _ = try? decodedByParts([CodableTests.Shape].self, bytes)
    _ = try? decodedByParts([FormatTests.Wrapped].self, bytes)
    _ = try? decodedByParts([String: FormatTests.Wrapped].self, bytes)
    _ = try? decodedByParts([UnusualCodableTests.Either].self, bytes)
    _ = try? decodedByParts(UnusualCodableTests.Interleaved.self, bytes)
    var reader = ByteReader(bytes.span.bytes)
    _ = failure { () throws(MessagePackError) in try reader.skip() }
    _ = failure { () throws(MessagePackError) in _ = try reader.getTypedArray() }
  }
}

extension [UInt8] {
  /// Flips, replaces, inserts, removes or cuts off.
  fileprivate mutating func damage(using generator: inout SeededGenerator) {
    guard let index = indices.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: self[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: self[index] = .random(in: 0...255, using: &generator)
    case 2: insert(.random(in: 0...255, using: &generator), at: index)
    case 3: remove(at: index)
    case 4: removeLast(count - index)
    default: self[index] = [0x54, 0x84, 0xc1, 0xc9, 0xdd, 0xdf, 0xff].randomElement(using: &generator) ?? 0
    }
  }
}

extension MessagePackValue {
  /// Any value that is equal to itself after reading: no NaN, and integers in the case that reading picks.
  fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> MessagePackValue {
    switch Int.random(in: 0..<(depth > 0 ? 12 : 9), using: &generator) {
    case 0: .nil
    case 1: .bool(.random(using: &generator))
    case 2: .int(Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0...63, using: &generator))
    case 3: .uint(.random(in: UInt64(Int64.max) + 1...(.max), using: &generator))
    case 4: .float(.random(in: -1e30...1e30, using: &generator))
    case 5: .double(.random(in: -1e300...1e300, using: &generator))
    case 6: .string(randomText(using: &generator))
    case 7: .binary(randomBytes(using: &generator))
    case 8: .extension(code: randomCode(using: &generator), data: randomBytes(using: &generator))
    case 9, 10:
      .array((0..<Int.random(in: 0...9, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
    default:
      .map(
        (0..<Int.random(in: 0...9, using: &generator)).map { _ in
          Entry(random(depth: 0, using: &generator), random(depth: depth - 1, using: &generator))
        })
    }
  }

  private static func randomText(using generator: inout SeededGenerator) -> String {
    let letters: [Character] = ["a", "\0", "ü", "語", "👩‍👩‍👧‍👦", "\u{301}"]
    let count = Int.random(in: 0...80, using: &generator)
    return String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "a" })
  }

  private static func randomBytes(using generator: inout SeededGenerator) -> [UInt8] {
    let count = Int.random(in: 0...Int.random(in: 1...600, using: &generator), using: &generator)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func randomCode(using generator: inout SeededGenerator) -> Int8 {
    let code = Int8.random(in: -128...127, using: &generator)
    return code == ExtensionCode.typedArray ? 0 : code
  }
}
