import DigitLearning
import Testing

@Suite struct TrainingTests {
  @Test(arguments: [1, 3])
  func reachesItsAccuracyWithAnyNumberOfWorkers(workers: Int) throws {
    let (training, heldOut) = try Digits.checkedIn().split(holdingOut: 0.2, seed: 42)
    let network = Network()
    let parameters = train(network, on: training.shards(workers), epochs: 12, seed: 42)
    #expect(network.accuracy(of: parameters, on: heldOut) >= 0.95)
    #expect(heldOut.count == 359)
  }

  @Test func equalSeedsGiveEqualNetworks() throws {
    let shards = try Digits.checkedIn().selecting(0..<200).shards(2)
    let network = Network(hiddenCount: 4)
    #expect(
      train(network, on: shards, epochs: 1, seed: 1)
        == train(network, on: shards, epochs: 1, seed: 1))
    #expect(
      train(network, on: shards, epochs: 1, seed: 1)
        != train(network, on: shards, epochs: 1, seed: 2))
  }

  @Test(arguments: [(1, 1), (10, 3), (32, 32), (33, 32), (500, 64)])
  func everyEpochVisitsEveryImageOnce(imageCount: Int, batchSize: Int) {
    for epoch in 0..<3 {
      let batches = Batches(imageCount: imageCount, batchSize: batchSize, epoch: epoch, seed: 9)
      let visited = (0..<batches.count).flatMap { batches[$0] }
      #expect(visited.sorted() == Array(0..<imageCount))
      #expect(
        (0..<batches.count).allSatisfy { batches[$0].count <= batchSize && !batches[$0].isEmpty })
    }
  }

  @Test func stepsAlongTheMeanOfTheGradients() {
    var optimizer = Optimizer(parameters: [1, 1], learningRate: 0.5, momentum: 0.5)
    optimizer.step()
    #expect(optimizer.parameters == [1, 1], "a step without gradients goes nowhere")
    optimizer.add([1, 0])
    optimizer.add([3, 4])
    optimizer.step()
    #expect(optimizer.parameters == [0, 0])
    optimizer.add([0, 0])
    optimizer.step()
    #expect(optimizer.parameters == [-0.5, -0.5], "half of the last movement goes on")
  }

  /// What the program does with remote calls, in a loop.
  private func train(_ network: Network, on shards: [Digits], epochs: Int, seed: UInt64) -> [Double] {
    var optimizer = Optimizer(parameters: network.initialParameters(seed: seed))
    let batchSize = 32 / shards.count
    let steps = Batches.count(imageCount: shards.map(\.count).max()!, batchSize: batchSize)
    for epoch in 0..<epochs {
      for index in 0..<steps {
        let parameters = optimizer.parameters
        let step = Step(epoch: epoch, index: index, batchSize: batchSize, seed: seed)
        for shard in shards { optimizer.add(network.gradient(at: parameters, over: shard, in: step)) }
        optimizer.step()
      }
    }
    return optimizer.parameters
  }
}
