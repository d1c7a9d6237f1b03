public import Ray

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A network with one hidden layer: 64 pixels, rectified hidden units, and a softmax over ten digits.
///
/// It is only the shape. The parameters are one flat array, because that is what travels between processes: first the
/// weights of the hidden layer (one row per pixel) and its biases, then the weights of the output layer (one row per
/// hidden unit) and its biases.
@RayCodable
public struct Network: Sendable, Hashable {
  public var hiddenCount: Int

  public init(hiddenCount: Int = 32) { self.hiddenCount = hiddenCount }

  static let inputCount = Digits.pixelCount
  static let classCount = 10

  var hiddenBiases: Int { Self.inputCount * hiddenCount }
  var outputWeights: Int { hiddenBiases + hiddenCount }
  var outputBiases: Int { outputWeights + hiddenCount * Self.classCount }

  public var parameterCount: Int { outputBiases + Self.classCount }

  /// Small random weights, so that hidden units differ; biases of zero.
  public func initialParameters(seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    var parameters = [Double](repeating: 0, count: parameterCount)
    let hiddenBound = (6 / Double(Self.inputCount)).squareRoot()
    for i in 0..<hiddenBiases {
      parameters[i] = .random(in: -hiddenBound...hiddenBound, using: &random)
    }
    let outputBound = (6 / Double(hiddenCount)).squareRoot()
    for i in outputWeights..<outputBiases {
      parameters[i] = .random(in: -outputBound...outputBound, using: &random)
    }
    return parameters
  }

  /// Mean cross-entropy over the images with these numbers, and its gradient.
  public func gradient(
    at parameters: [Double], over digits: Digits, images: some Collection<Int>
  ) -> (loss: Double, gradient: [Double]) {
    precondition(
      parameters.count == parameterCount,
      "\(parameters.count) parameters for a network of \(parameterCount)")
    var gradient = [Double](repeating: 0, count: parameterCount)
    var layers = Layers(self)
    var loss = 0.0
    let weight = 1 / Double(images.count)
    for image in images {
      layers.run(self, parameters, digits, image)
      let label = Int(digits.labels[image])
      loss -= weight * log(max(layers.output[label], .leastNormalMagnitude))
      layers.accumulate(
        self, parameters, digits, image, label: label, weight: weight, into: &gradient)
    }
    return (loss, gradient)
  }

  /// Which digit the network sees in each image.
  public func classify(_ digits: Digits, with parameters: [Double]) -> [UInt8] {
    var layers = Layers(self)
    return (0..<digits.count).map { image in
      layers.run(self, parameters, digits, image)
      return UInt8(layers.output.indices.max { layers.output[$0] < layers.output[$1] }!)
    }
  }

  /// Share of images classified correctly.
  public func accuracy(of parameters: [Double], on digits: Digits) -> Double {
    let correct = zip(classify(digits, with: parameters), digits.labels).count { $0 == $1 }
    return Double(correct) / Double(max(1, digits.count))
  }
}

/// What the units of a network hold for one image.
private struct Layers {
  var hidden: [Double]
  var output: [Double]
  private var hiddenError: [Double]

  init(_ network: Network) {
    hidden = [Double](repeating: 0, count: network.hiddenCount)
    hiddenError = hidden
    output = [Double](repeating: 0, count: Network.classCount)
  }

  /// Forward: pixels to hidden units to probabilities.
  mutating func run(_ network: Network, _ parameters: [Double], _ digits: Digits, _ image: Int) {
    let width = network.hiddenCount
    for h in 0..<width { hidden[h] = parameters[network.hiddenBiases + h] }
    for pixel in 0..<Network.inputCount {
      let ink = Double(digits.pixels[image * Network.inputCount + pixel]) / 16
      // Half of all pixels are paper.
      guard ink > 0 else { continue }
      let row = pixel * width
      for h in 0..<width { hidden[h] += ink * parameters[row + h] }
    }
    for c in 0..<Network.classCount { output[c] = parameters[network.outputBiases + c] }
    for h in 0..<width {
      hidden[h] = max(0, hidden[h])
      guard hidden[h] > 0 else { continue }
      let row = network.outputWeights + h * Network.classCount
      for c in 0..<Network.classCount { output[c] += hidden[h] * parameters[row + c] }
    }
    softmax()
  }

  private mutating func softmax() {
    // Shifting by the largest keeps exp in range and changes no quotient.
    let largest = output.max()!
    var sum = 0.0
    for c in output.indices {
      output[c] = exp(output[c] - largest)
      sum += output[c]
    }
    for c in output.indices { output[c] /= sum }
  }

  /// Backward, after `run` for the same image: adds this image's share to the gradient.
  mutating func accumulate(
    _ network: Network, _ parameters: [Double], _ digits: Digits, _ image: Int, label: Int,
    weight: Double,
    into gradient: inout [Double]
  ) {
    // The derivative of cross-entropy after softmax is what was said minus what is true.
    output[label] -= 1
    for c in output.indices {
      output[c] *= weight
      gradient[network.outputBiases + c] += output[c]
    }
    let width = network.hiddenCount
    for h in 0..<width {
      hiddenError[h] = 0
      guard hidden[h] > 0 else { continue }
      let row = network.outputWeights + h * Network.classCount
      for c in output.indices {
        gradient[row + c] += hidden[h] * output[c]
        hiddenError[h] += parameters[row + c] * output[c]
      }
      gradient[network.hiddenBiases + h] += hiddenError[h]
    }
    for pixel in 0..<Network.inputCount {
      let ink = Double(digits.pixels[image * Network.inputCount + pixel]) / 16
      guard ink > 0 else { continue }
      let row = pixel * width
      for h in 0..<width { gradient[row + h] += ink * hiddenError[h] }
    }
  }
}
