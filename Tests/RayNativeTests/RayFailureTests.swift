import RayBridge
import RayProtocol
import Testing

@Suite struct RayFailureTests {
  /// Ray's own bytes: `RayErrorInfo` as a binary MessagePack value.
  @Test(arguments: [
    ("c40d2a096e6f206d656d6f72795816", RayError.Code.outOfMemory, "no memory"),
    ("c40d2a0963616e63656c6c65645805", .taskCancelled, "cancelled"),
    ("c41c22120a10787878787878787878787878787878782a04617761795819", .actorUnavailable, "away"),
    ("c40c12081a060a04676f6e655801", .actorDied, "Ray says no more of it"),
  ]) func failuresThatComeAsValuesAreFailures(_ hex: String, _ code: RayError.Code, _ text: String) {
    let error = decoded(hex)
    #expect(error?.code == code)
    #expect(error?.message == text)
  }

  @Test(arguments: [
    "", "c0", "c400", "c40401020304", "c4052a01785803", "c40d2a096e6f206d656d6f727958", "c4ff01", "a568656c6c6f", "920102",
  ])
  func everythingElseIsAValue(_ hex: String) { #expect(decoded(hex) == nil) }

  @Test func noBytesTrap() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      var bytes = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if !bytes.isEmpty { bytes[0] = UInt8.random(in: 0xC4...0xC6) }
      _ = bytes.withUnsafeBytes { RayFailure.error(in: $0) }
    }
  }

  private func decoded(_ hex: String) -> RayError? {
    let digits = Array(hex.utf8).map { UInt8(Character(UnicodeScalar($0)).hexDigitValue!) }
    let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    return bytes.withUnsafeBytes { RayFailure.error(in: $0) }
  }
}
