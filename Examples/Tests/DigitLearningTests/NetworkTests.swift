import DigitLearning
import Testing

@Suite struct NetworkTests {
  /// The derivative by definition: a little more minus a little less, for every parameter.
  @Test(arguments: UInt64(1)...3)
  func gradientAgreesWithFiniteDifferences(seed: UInt64) throws {
    let digits = try Digits.checkedIn()
    let network = Network(hiddenCount: 5)
    let images = [3, 17, 99, 1200]
    let parameters = network.initialParameters(seed: seed)
    let (_, gradient) = network.gradient(at: parameters, over: digits, images: images)
    let step = 1e-6
    for i in parameters.indices {
      var (more, less) = (parameters, parameters)
      more[i] += step
      less[i] -= step
      let difference =
        network.gradient(at: more, over: digits, images: images).loss
        - network.gradient(at: less, over: digits, images: images).loss
      #expect(abs(difference / (2 * step) - gradient[i]) < 1e-6, "parameter \(i), seed \(seed)")
    }
  }

  @Test func meanOfShardGradientsIsTheGradientOfTheWhole() throws {
    let digits = try Digits.checkedIn().selecting(0..<120)
    let network = Network(hiddenCount: 8)
    let parameters = network.initialParameters(seed: 1)
    let whole = network.gradient(at: parameters, over: digits, images: 0..<120).gradient
    let parts = digits.shards(4).map {
      network.gradient(at: parameters, over: $0, images: 0..<30).gradient
    }
    for i in whole.indices { #expect(abs(parts.reduce(0) { $0 + $1[i] } / 4 - whole[i]) < 1e-12) }
  }

  @Test func knowsNothingBeforeTraining() throws {
    let digits = try Digits.checkedIn()
    let network = Network()
    #expect(network.accuracy(of: network.initialParameters(seed: 1), on: digits) < 0.4)
    #expect(
      network.accuracy(of: [Double](repeating: 0, count: network.parameterCount), on: Digits()) == 0
    )
  }
}
