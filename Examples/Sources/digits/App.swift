import DigitLearning
import Ray

// Workers compute: the gradient over one batch of a shard.
@Remote
func gradient(at parameters: [Double], over shard: Digits, in step: Step, of network: Network) -> [Double] {
  network.gradient(at: parameters, over: shard, in: step)
}

/// Holds the one copy of the parameters and moves them along the gradients that the workers send.
@RemoteActor
final class ParameterServer {
  private var optimizer: Optimizer

  init(parameters: [Double]) { optimizer = Optimizer(parameters: parameters) }

  func add(_ gradient: [Double]) { optimizer.add(gradient) }

  func step() -> [Double] {
    optimizer.step()
    return optimizer.parameters
  }
}

@main
struct App: RayApp {
  static func main(_ ray: RayContext) async throws {
    let options = try Options(ray.arguments)
    if options.wantsHelp { return print(Options.usage) }

    let (training, heldOut) = try Digits(file: options.data).split(holdingOut: 0.2, seed: options.seed)
    print("\(training.count) digits to learn from, \(heldOut.count) held out, \(options.workers) workers")
    let network = Network()
    let initial = network.initialParameters(seed: options.seed)
    var trainer = try Trainer(network, options, from: initial, on: training)
    print("epoch  0: \(percent(network.accuracy(of: initial, on: heldOut)))")
    let start = ContinuousClock.now
    var accuracy = 0.0
    for epoch in 0..<options.epochs {
      let parameters = try await trainer.train(epoch)
      accuracy = network.accuracy(of: parameters, on: heldOut)
      print("epoch \(epoch < 9 ? " " : "")\(epoch + 1): \(percent(accuracy))")
    }
    print("trained in \(start.duration(to: .now))")
    guard accuracy >= 0.95 else { throw AccuracyTooLow(accuracy: accuracy) }
  }
}

/// The driver's side of the training.
struct Trainer {
  private let network: Network
  private let options: Options
  private let server: ActorHandle<ParameterServer>
  private let shards: [ObjectRef<Digits>]
  private let stepsPerEpoch: Int
  private var parameters: ObjectRef<[Double]>

  init(_ network: Network, _ options: Options, from initial: [Double], on training: Digits) throws {
    self.network = network
    self.options = options
    let shards = training.shards(options.workers)
    stepsPerEpoch = Batches.count(imageCount: shards[0].count, batchSize: options.batchSize)
    // Shards go to the object store once; every task is handed a reference.
    self.shards = try shards.map { try Ray.put($0) }
    parameters = try Ray.put(initial)
    server = try ParameterServer.remote(parameters: initial)
  }

  /// Submits a whole epoch without waiting: each gradient takes the reference to parameters that the server will have
  /// computed by then. The server's calls run in the order they are made here, so a step sees all of its gradients, and
  /// always adds them in the same order: equal seeds give equal bits.
  mutating func train(_ epoch: Int) async throws -> [Double] {
    var additions: [ObjectRef<Void>] = []
    for index in 0..<stepsPerEpoch {
      let step = Step(epoch: epoch, index: index, batchSize: options.batchSize, seed: options.seed)
      let gradients = try shards.map { shard in
        try $gradient.remote(at: parameters, over: shard, in: step, of: network)
      }
      for gradient in gradients { additions.append(try server.add.remote(gradient)) }
      parameters = try server.step.remote()
    }
    // A gradient that failed shows up here.
    _ = try await Ray.get(additions)
    return try await parameters.value
  }
}

struct AccuracyTooLow: Error, CustomStringConvertible {
  var accuracy: Double
  var description: String { "an accuracy of \(percent(accuracy)) is below 95 %" }
}

func percent(_ share: Double) -> String {
  let tenths = Int((share * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
