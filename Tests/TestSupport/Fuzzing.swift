#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Random tests: `RAY_FUZZ_SECONDS` sets how long they run, `RAY_FUZZ_SEED` where they start.
package enum Fuzzing {
  /// Calls `body` with one seed after another: for a fraction of a second, or for this test's part of the time asked for.
  ///
  /// The first seed is printed before anything else, so that a run that ends in a crash can be repeated.
  package static func forEachSeed(partOf parts: Int = 1, _ body: (UInt64) throws -> Void) rethrows {
    let (first, end) = start(parts)
    var seed = first
    repeat {
      try body(seed)
      seed &+= 1
    } while ContinuousClock.now < end
  }

  package static func forEachSeed(partOf parts: Int = 1, _ body: (UInt64) async throws -> Void) async rethrows {
    let (first, end) = start(parts)
    var seed = first
    repeat {
      try await body(seed)
      seed &+= 1
    } while ContinuousClock.now < end
  }

  private static func start(_ parts: Int) -> (seed: UInt64, end: ContinuousClock.Instant) {
    let seed = number("RAY_FUZZ_SEED") ?? UInt64.random(in: 0..<1 << 32)
    print("fuzzing from RAY_FUZZ_SEED=\(seed)")
    fflush(nil)
    let time = number("RAY_FUZZ_SECONDS").map { Duration.seconds($0) / parts } ?? .milliseconds(150)
    return (seed, .now + time)
  }

  package static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
}

/// SplitMix64: the same seed makes the same choices everywhere.
package struct FuzzGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

extension [UInt8] {
  /// Flips a bit, replaces, inserts or removes a byte, overwrites a word with an extreme one, or cuts the end off.
  package mutating func damage(using generator: inout some RandomNumberGenerator) {
    guard let index = indices.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: self[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: self[index] = .random(in: 0...255, using: &generator)
    case 2: insert(.random(in: 0...255, using: &generator), at: index)
    case 3: remove(at: index)
    case 4:
      let word = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].randomElement(using: &generator)! as UInt32
      for (offset, byte) in Swift.withUnsafeBytes(of: word, Array.init).enumerated() where index + offset < count {
        self[index + offset] = byte
      }
    default: removeLast(count - index)
    }
  }
}
