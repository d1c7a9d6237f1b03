/// Gradient descent with momentum, over gradients that arrive one by one.
public struct Optimizer: Sendable {
  public private(set) var parameters: [Double]
  private var velocity: [Double]
  private var sum: [Double]
  private var gradientCount = 0
  private let learningRate: Double
  private let momentum: Double

  public init(parameters: [Double], learningRate: Double = 0.1, momentum: Double = 0.9) {
    self.parameters = parameters
    self.learningRate = learningRate
    self.momentum = momentum
    velocity = [Double](repeating: 0, count: parameters.count)
    sum = velocity
  }

  /// Takes the gradient of one worker for the step in progress.
  public mutating func add(_ gradient: [Double]) {
    precondition(
      gradient.count == sum.count,
      "a gradient of \(gradient.count) values for \(sum.count) parameters")
    for i in gradient.indices { sum[i] += gradient[i] }
    gradientCount += 1
  }

  /// Ends the step: moves along the mean of the gradients added since the last one.
  public mutating func step() {
    guard gradientCount > 0 else { return }
    let scale = learningRate / Double(gradientCount)
    for i in parameters.indices {
      velocity[i] = momentum * velocity[i] - scale * sum[i]
      parameters[i] += velocity[i]
      sum[i] = 0
    }
    gradientCount = 0
  }
}
