import Ray
import Testing

@Remote private func divide(_ a: Int, by b: Int) throws -> (quotient: Int, remainder: Int) {
  if b == 0 { throw SplitError.divisionByZero }
  return (a / b, a % b)
}
@Remote private func six() -> (Int, Double, String, [Int], Bool, Int?) { (1, 2.5, "three", [4], true, nil) }
@Remote private func large() -> (Int, [Double]) { (1, [Double](repeating: 1.5, count: 100_000)) }
@Remote private func increment(_ x: Int) -> Int { x + 1 }
enum SplitError: Error, Codable { case divisionByZero }

extension RayConformance {
  @Suite(.ray()) struct Splitting {
    @Test func eachElementIsAnObjectOfItsOwn() async throws {
      let (quotient, remainder) = try $divide.split(17, by: 5)
      #expect(try await quotient.value == 3)
      #expect(try await remainder.value == 2)
      #expect(try await $increment.remote(remainder).value == 3)
    }

    @Test func sixElementsOfDifferentTypesAreSplit() async throws {
      let parts = try $six.split()
      #expect(try await parts.0.value == 1)
      #expect(try await parts.1.value == 2.5)
      #expect(try await parts.2.value == "three")
      #expect(try await parts.3.value == [4])
      #expect(try await parts.4.value == true)
      #expect(try await parts.5.value == nil)
    }

    @Test func smallAndLargeElementsAreSplit() async throws {
      let (small, big) = try $large.split()
      #expect(try await small.value == 1)
      #expect(try await big.value.count == 100_000)
    }

    @Test func aFailureReachesEveryElement() async throws {
      let (quotient, remainder) = try $divide.split(1, by: 0)
      await #expect(throws: SplitError.divisionByZero) { try await quotient.value }
      await #expect(throws: SplitError.divisionByZero) { try await remainder.value }
    }

    @Test func oneElementMayBeDropped() async throws {
      for i in 0..<20 {
        let (quotient, _) = try $divide.split(i * 7, by: 7)
        #expect(try await quotient.value == i)
      }
    }
  }
}
