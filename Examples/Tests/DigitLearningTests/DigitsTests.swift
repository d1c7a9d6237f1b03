import DigitLearning
import Testing

@Suite struct DigitsTests {
  @Test func readsEveryImageOfTheDataFile() throws {
    let digits = try Digits.checkedIn()
    #expect(digits.count == 1797)
    #expect(digits.pixels.count == 1797 * 64)
    #expect(digits.pixels.max() == 16)
    #expect(
      (0..<10).map { digit in digits.labels.count { $0 == digit } } == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
      ])
  }

  @Test(arguments: [
    ("0 1", "line 1: expected 64 pixels, a space and a digit"),
    (String(repeating: "h", count: 64) + " 1", "line 1: unknown pixel"),
    (
      String(repeating: "0", count: 64) + " 1\n" + String(repeating: "g", count: 64) + " x",
      "line 2: unknown digit"
    ),
  ])
  func namesTheLineItCannotRead(text: String, message: String) {
    let error = #expect(throws: DigitsError.self) { try Digits(parsing: Array(text.utf8)) }
    #expect(error?.description == message)
  }

  @Test func holdsOutImagesThatTrainingNeverSees() throws {
    // Distinct images: the number of each is written into its pixels.
    let count = 500
    var digits = Digits(labels: [UInt8](repeating: 3, count: count))
    for i in 0..<count {
      digits.pixels += [UInt8(i / 256), UInt8(i % 256)] + [UInt8](repeating: 0, count: 62)
    }
    let (training, heldOut) = digits.split(holdingOut: 0.2, seed: 5)
    let numbers = { (part: Digits) in
      (0..<part.count).map { Int(part.pixels[$0 * 64]) * 256 + Int(part.pixels[$0 * 64 + 1]) }
    }
    #expect(heldOut.count == 100)
    #expect((numbers(training) + numbers(heldOut)).sorted() == Array(0..<count))
    #expect(digits.split(holdingOut: 0.2, seed: 5).heldOut == heldOut)
    #expect(digits.split(holdingOut: 0.2, seed: 6).heldOut != heldOut)
  }

  @Test(arguments: [1, 2, 3, 7])
  func dealsImagesOutEvenly(count: Int) throws {
    let digits = try Digits.checkedIn()
    let shards = digits.shards(count)
    #expect(shards.reduce(0) { $0 + $1.count } == digits.count)
    #expect(shards.map(\.count).max()! - shards.map(\.count).min()! <= 1)
    #expect(shards[count - 1].labels.first == digits.labels[count - 1])
  }
}
